"""Stage ``benefit``: what the evidence was good for, measured on drawings with it and without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from catalogs.digests import rounded
from catalogs.records import Attempt, Match, Proof, ToolBenefit
from catalogs.sidecar import accepted_attempt, best_drawing
from catalogs.stage import Blobs, Kept, Outcome, Resources, Row, Stage


@dataclass(frozen=True)
class Benefit(Stage):
    """The best drawing of the accepted recaption against the best closed-book drawing of the bare prompt.

    AdaTooler-V's tool-benefit score (accuracy with tools minus accuracy without), on the scores of the proof.
    Best is most like the ground truth, on both sides.
    """

    name, version = "benefit", "1"
    reads: ClassVar = ("closed_proof", "attempts")
    writes: ClassVar = ("benefit",)
    resources: ClassVar = Resources(cpus=0.25, memory_gib=0.25)
    policy: ClassVar = True

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        attempts: list[Attempt] = row["attempts"]
        _, drawn = best_drawing(accepted_attempt(attempts))
        return Kept({"benefit": benefit_of(drawn, row["closed_proof"])})


def benefit_of(open_book: Match, closed_book: Proof) -> ToolBenefit:
    """Open-book minus closed-book."""
    bare = min(closed_book.matches, key=lambda match: (-match.similarity, match.seed))
    return ToolBenefit(
        similarity=rounded(open_book.similarity - bare.similarity),
        margin=rounded(open_book.margin - bare.margin),
        closed_similarity=bare.similarity,
        closed_margin=bare.margin,
    )
