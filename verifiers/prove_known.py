"""Stage ``prove-known``: the closed-book drawings are the proof of a trajectory that needed no search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from catalogs.records import Attempt, Knowledge, Verdict
from catalogs.stage import Blobs, Kept, Outcome, Resources, Row, Stage


@dataclass(frozen=True)
class ProveKnown(Stage):
    """The one attempt of a record whose recaption is its prompt: what was drawn from that prompt and matched
    with the ground truth is neither drawn nor matched again.

    The verdict is that of `verifiers.closed_book.Known`: enough of the drawings show the subject. How far
    they follow the scene stands in the checks of the proof, and decides nothing.
    """

    name, version = "prove-known", "1"
    reads: ClassVar = ("recaption", "closed_drawings", "closed_proof", "knowledge")
    writes: ClassVar = ("proof", "verdict", "attempts")
    resources: ClassVar = Resources(cpus=0.25, memory_gib=0.25)
    policy: ClassVar = True

    def needed(self, row: Row) -> bool:
        knowledge: Knowledge = row["knowledge"]
        return knowledge.known

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        verdict = Verdict(passed=True, reasons=[], critique="")
        attempt = Attempt(
            recaption=row["recaption"],
            drawings=row["closed_drawings"],
            proof=row["closed_proof"],
            verdict=verdict,
        )
        return Kept({"proof": row["closed_proof"], "verdict": verdict, "attempts": [attempt]})
