"""Whether a generator needs the search at all: it draws the bare prompt, and the proof's own match is held
against the ground truth.

GenAgent keeps only prompts that its generator fails in three of three tries; AdaTooler-V stores how much
better an answer is with its tools than without. Here the same drawings tell both: who is known already, and
what the evidence was good for (`verifiers.benefit`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from catalogs.records import Drawing, Knowledge, Match, Origin, Prompt, Proof
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Resources, Row, Stage
from verifiers.match import MatchTruth
from verifiers.verdict import ProofPolicy
from workers.asking import for_records
from workers.drawing.interface import DrawerHandle, DrawingRequest
from workers.pictures import picture_of

TRIES = (11, 12, 13)
"""Seeds: three tries, as GenAgent gives its generator."""


@dataclass(frozen=True)
class DrawClosed(Stage):
    """One drawing a seed, from the text of the prompt and from nothing else."""

    name, version = "draw-closed", "1"
    reads: ClassVar = ("prompt",)
    writes: ClassVar = ("closed_drawings",)
    resources: ClassVar = Resources(cpus=1.0, memory_gib=0.5)

    drawer: DrawerHandle
    seeds: tuple[int, ...] = TRIES

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        requests = [_request(row["prompt"], seed) for row in rows for seed in self.seeds]
        with for_records([[place] for place, _ in enumerate(rows) for _ in self.seeds]):
            drawn = iter(self.drawer.load().draw(requests))
        return [
            Kept({"closed_drawings": [self._kept(seed, next(drawn), blobs) for seed in self.seeds]})
            for _ in rows
        ]

    def _kept(self, seed: int, data: bytes, blobs: Blobs) -> Drawing:
        blobs.put(data)
        model = f"{self.drawer.name}@{self.drawer.revision}"
        origin = Origin(url=f"drawing:{model}/closed-book/seed-{seed}", revision=model)
        return Drawing(seed=seed, picture=picture_of(data, origin), model=model)


def _request(prompt: Prompt, seed: int) -> DrawingRequest:
    return DrawingRequest(recaption=prompt.text, language=prompt.language, references=(), seed=seed)


@dataclass(frozen=True)
class MatchClosed(MatchTruth):
    """The proof's match (`verifiers.match`), of the closed-book drawings; scores alone."""

    name, version = "match-closed", "1"
    reads: ClassVar = ("closed_drawings", "ground_truth", "entity", "prompt")
    optional: ClassVar = ()
    writes: ClassVar = ("closed_proof",)

    def needed(self, row: Row) -> bool:
        return True

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        columns = ("ground_truth", "entity", "prompt")
        shown = [
            Row(row.key, {"drawings": row["closed_drawings"]} | {name: row[name] for name in columns})
            for row in rows
        ]
        matched = super().run(shown, blobs)
        return [Kept({"closed_proof": one.writes["proof"]}) for one in matched if isinstance(one, Kept)]


@dataclass(frozen=True)
class Known(Stage):
    """The policy over stored scores: a subject is known where enough of the closed-book drawings show it.

    Only what tells the subject counts (similarity, margin, colours), by the thresholds of the proof, and
    `ProofPolicy.agreement` says how many have to: all, unless set otherwise. Just above 0, a single right
    drawing makes a subject known, as in GenAgent. Whether the scene was drawn says nothing of the subject.

    Rejects with ``known-to-generator`` where `drop` is set.
    """

    name, version = "known", "1"
    reads: ClassVar = ("closed_proof",)
    writes: ClassVar = ("knowledge",)
    resources: ClassVar = Resources(cpus=0.25, memory_gib=0.25)
    policy: ClassVar = True

    proof: ProofPolicy = field(default_factory=ProofPolicy)
    drop: bool = True

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        proof: Proof = row["closed_proof"]
        right = sum(shows_subject(match, self.proof) for match in proof.matches)
        known = bool(proof.matches) and right / len(proof.matches) >= self.proof.agreement
        writes = {"knowledge": Knowledge(known=known)}
        if known and self.drop:
            return Rejected("known-to-generator", f"{right} of {len(proof.matches)} drawings show it", writes)
        return Kept(writes)


def shows_subject(match: Match, policy: ProofPolicy) -> bool:
    """Whether a drawing is of the ground truth's subject, whatever its scene is."""
    return (
        match.similarity >= policy.similarity
        and match.margin >= policy.margin
        and match.checks.get("colours", -1.0) >= policy.colours
    )
