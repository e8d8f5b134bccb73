"""Candidates that are the ground truth itself: a proof drawn from them would prove nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from catalogs.records import PictureScores
from catalogs.stage import Blobs, Kept, Outcome, Resources, Row
from filters.base import CandidateFilter


@dataclass(frozen=True)
class Leakage(CandidateFilter):
    """Writes `leakage`: value `ground_truth`, 1 for the bytes of a ground-truth picture, else 0.

    An encyclopedia's own picture search returns the lead picture that was harvested as ground truth. Other
    encodings and sizes of it are not found here.
    """

    name, version = "leakage", "1"
    reads: ClassVar[tuple[str, ...]] = ("image_trace", "ground_truth")
    optional = ("references",)
    writes = ("leakage",)
    resources = Resources(cpus=0.1, memory_gib=0.2)

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        truth = {picture.sha256 for picture in row["ground_truth"]}
        names = [candidate.picture.sha256 for candidate in row["image_trace"].candidates]
        scores = [PictureScores(sha256=name, values={"ground_truth": float(name in truth)}) for name in names]
        return Kept({"leakage": scores})
