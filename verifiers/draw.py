"""Stage ``draw``: test drawings of a recaption, from its text and the references alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from catalogs.records import Drawing, Origin, Recaption, Reference, Verdict
from catalogs.stage import Blobs, Kept, Outcome, Resources, Row, Stage
from workers.asking import for_records
from workers.drawing.interface import DrawerHandle, DrawingRequest
from workers.pictures import picture_of

SEEDS_A_ROUND = 10
"""Later rounds draw with other seeds: the seeds of the round before, plus this."""


@dataclass(frozen=True)
class DrawTests(Stage):
    """One drawing a seed. It does not read who is to be drawn, what was asked, or the ground truth.

    An odd and an even seed let a drawer that uses one reference at a time show both. A recaption with
    problems gets no drawings. Fails with `workers.errors.ModelReplyError` for a reference that cannot be
    decoded.
    """

    name, version = "draw", "3"
    reads: ClassVar = ("recaption", "references")
    optional: ClassVar = ("attempts", "verdict")
    writes: ClassVar = ("drawings",)
    resources: ClassVar = Resources(cpus=1.0, memory_gib=0.5)

    drawer: DrawerHandle
    seeds: tuple[int, ...] = (11, 12)

    def needed(self, row: Row) -> bool:
        verdict: Verdict | None = row.get("verdict")
        return self.round == 1 or (verdict is not None and not verdict.passed)

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        seeds = [seed + SEEDS_A_ROUND * (self.round - 1) for seed in self.seeds]
        plans = [self._requests(row["recaption"], row["references"], seeds, blobs) for row in rows]
        with for_records([[place] for place, plan in enumerate(plans) for _ in plan]):
            drawn = iter(self.drawer.load().draw([request for plan in plans for request in plan]))
        return [
            self._kept(row["references"], plan, [next(drawn) for _ in plan], blobs)
            for row, plan in zip(rows, plans, strict=True)
        ]

    def _requests(
        self, recaption: Recaption, references: Sequence[Reference], seeds: Sequence[int], blobs: Blobs
    ) -> list[DrawingRequest]:
        if recaption.problems:
            return []
        pictures = tuple(blobs.get(one.candidate.picture.sha256) for one in references)
        return [
            DrawingRequest(
                recaption=recaption.text, language=recaption.language, references=pictures, seed=seed
            )
            for seed in seeds
        ]

    def _kept(
        self,
        references: Sequence[Reference],
        plan: Sequence[DrawingRequest],
        pictures: Sequence[bytes],
        blobs: Blobs,
    ) -> Kept:
        model = f"{self.drawer.name}@{self.drawer.revision}"
        drawings = []
        for request, data in zip(plan, pictures, strict=True):
            blobs.put(data)
            origin = _origin(model, request.seed, references)
            drawings.append(Drawing(seed=request.seed, picture=picture_of(data, origin), model=model))
        return Kept({"drawings": drawings})


def _origin(model: str, seed: int, references: Sequence[Reference]) -> Origin:
    """A drawing is made from its references, so it carries their licences and authors."""
    sources = [reference.candidate.picture.origin for reference in references]
    return Origin(
        url=f"drawing:{model}/seed-{seed}",
        revision=model,
        licence=" AND ".join(sorted({source.licence for source in sources if source.licence})),
        author="; ".join(sorted({source.author for source in sources if source.author})),
    )
