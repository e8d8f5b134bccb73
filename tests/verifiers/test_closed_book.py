"""A drawing of the bare prompt is matched as any other; the policy counts what shows the subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from catalogs.records import Match, Proof
from catalogs.stage import Kept, Outcome, Rejected, Row
from tests.verifiers.world import MemoryBlobs, cells, row, truth, view
from verifiers.benefit import benefit_of
from verifiers.closed_book import DrawClosed, Known, MatchClosed
from verifiers.negatives import GalleryIndex
from verifiers.verdict import ProofPolicy
from workers.drawing.interface import DrawingRequest
from workers.image_text.handle import ImageTextWorker


@dataclass(frozen=True)
class ByHeart:
    """Draws one picture, whatever it is asked for."""

    picture: bytes
    heard: list[DrawingRequest]
    name: str = "by-heart"
    revision: str = "1"
    draws_from_text: bool = True

    def load(self) -> ByHeart:
        return self

    def draw(self, requests: Sequence[DrawingRequest]) -> list[bytes]:
        self.heard.extend(requests)
        return [self.picture for _ in requests]


def proof_of(picture: bytes, gallery: GalleryIndex) -> Proof:
    """Of a tiger's prompt, drawn by somebody who knows one picture."""
    blobs = MemoryBlobs()
    values = cells("Tiger", "", (), blobs)
    draw, match = DrawClosed(ByHeart(picture, [])), MatchClosed(ImageTextWorker(), gallery)
    for stage in (draw, match):
        (outcome,) = stage.run([row(values, stage)], blobs)
        assert isinstance(outcome, Kept)
        assert set(outcome.writes) == set(stage.writes)
        values |= outcome.writes
    proof: Proof = values["closed_proof"]
    return proof


def known(proof: Proof, **policy: float) -> Outcome:
    return Known(ProofPolicy(**policy)).each(Row("key", {"closed_proof": proof}), MemoryBlobs())


def test_the_drawer_sees_the_prompt_and_nothing_else() -> None:
    blobs = MemoryBlobs()
    heard: list[DrawingRequest] = []
    stage = DrawClosed(ByHeart(truth("Tiger"), heard))
    assert (stage.reads, stage.optional) == (("prompt",), ())
    values = cells("Tiger", "", (), blobs)
    (outcome,) = stage.run([row(values, stage)], blobs)
    assert [(one.recaption, one.references) for one in heard] == [(values["prompt"].text, ())] * 3
    assert isinstance(outcome, Kept)
    assert len({one.seed for one in outcome.writes["closed_drawings"]}) == 3


def test_who_draws_the_subject_by_heart_knows_it(gallery: GalleryIndex) -> None:
    proof = proof_of(view("Tiger", 0), gallery)
    assert len(proof.negatives) >= 8, "the proof's own match"
    outcome = known(proof)
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.writes["knowledge"].known) == ("known-to-generator", True)


@pytest.mark.parametrize("other", ["Leopard", "Horse"])
def test_who_draws_something_like_it_does_not(other: str, gallery: GalleryIndex) -> None:
    outcome = known(proof_of(view(other, 0), gallery))
    assert isinstance(outcome, Kept)
    assert not outcome.writes["knowledge"].known


def matched(seed: int, similarity: float, **checks: float) -> Match:
    return Match(
        seed=seed,
        similarity=similarity,
        nearest="Leopard",
        nearest_similarity=0.3,
        margin=round(similarity - 0.3, 3),
        checks={"colours": 1.0, "place": 0.0, **checks},
    )


def test_all_tries_have_to_show_it_unless_the_policy_is_content_with_fewer() -> None:
    proof = Proof(matches=[matched(1, 0.9), matched(2, 0.2), matched(3, 0.2)], negatives=[], model="m")
    assert isinstance(known(proof), Kept)
    assert isinstance(known(proof, agreement=0.01), Rejected), "as GenAgent drops what one try shows"
    wrong_colours = Proof(matches=[matched(1, 0.9, colours=0.1)], negatives=[], model="m")
    assert isinstance(known(wrong_colours), Kept)
    assert isinstance(known(Proof(matches=[], negatives=[], model="m")), Kept)


def test_benefit_is_the_best_with_evidence_minus_the_best_without() -> None:
    proof = Proof(matches=[matched(1, 0.4), matched(2, 0.5)], negatives=[], model="m")
    benefit = benefit_of(matched(7, 0.9), proof)
    assert (benefit.similarity, benefit.margin) == (0.4, 0.4)
    assert (benefit.closed_similarity, benefit.closed_margin) == (0.5, 0.2)
