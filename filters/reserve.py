"""Reserve entities for the benchmark splits, before a teacher call or a GPU second is spent on them."""

from __future__ import annotations

from dataclasses import dataclass

from catalogs.records import Reservation
from catalogs.splits.reservation import identity_of, reserve
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Row, Stage


@dataclass(frozen=True)
class Reserve(Stage):
    """Training never contains a reserved entity, in any language.

    Rejects with ``reserved``, and with ``unusable-prompt`` what belongs in no split because the teacher could
    not write it.
    """

    name = "reserve"
    version = "2"
    reads = ("entity", "prompt")
    writes = ("reservation",)

    share: float
    """0..1, of the entities of every domain."""

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        if problem := row["prompt"].problem:
            return Rejected("unusable-prompt", problem)
        split = reserve(identity_of(row["entity"]), self.share)
        writes = {"reservation": Reservation(split=split)}
        if split == "train":
            return Kept(writes)
        return Rejected("reserved", "kept out of training for the benchmark splits", writes)
