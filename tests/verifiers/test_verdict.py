"""The policy over stored proofs."""

from __future__ import annotations

from typing import Any

import pytest

from catalogs.records import Attempt, Match, Proof, Verdict
from catalogs.stage import Kept, Rejected, Row
from tests.verifiers.world import MemoryBlobs, recaption
from verifiers.verdict import Decide, ProofPolicy, judge

GOOD = {"count": 1.0, "place": 0.8, "light": 0.9, "colours": 0.9}


def match(similarity: float = 0.85, margin: float = 0.3, **checks: float) -> Match:
    return Match(
        seed=11,
        similarity=similarity,
        nearest="Leopard",
        nearest_similarity=similarity - margin,
        margin=margin,
        checks=GOOD | checks,
    )


def cells(*matches: Match, problems: tuple[str, ...] = ()) -> dict[str, Any]:
    proof = Proof(matches=list(matches), negatives=["Leopard"], model="lit@1")
    return {"recaption": recaption("A tiger.", problems), "drawings": [], "proof": proof}


def decide(values: dict[str, Any], **parameters: Any) -> Any:
    return Decide(**parameters).each(Row("key", values), MemoryBlobs())


def test_it_is_a_policy_that_calls_no_model() -> None:
    assert Decide.policy
    assert Decide().models() == {}
    assert Decide().fingerprint != Decide(ProofPolicy(margin=0.2)).fingerprint


def test_a_proof_above_every_threshold_passes() -> None:
    outcome = decide(cells(match(), match()), last=True)
    assert isinstance(outcome, Kept)
    assert outcome.writes["verdict"] == Verdict(passed=True, reasons=[], critique="")
    assert len(outcome.writes["attempts"]) == 1


@pytest.mark.parametrize(
    ("bad", "reason", "slug"),
    [
        (match(similarity=0.2), "similarity", "proof-identity"),
        (match(colours=0.1), "colours", "proof-identity"),
        (match(margin=0.0), "margin", "proof-margin"),
        (match(count=0.0), "count", "proof-scene"),
        (match(place=0.3), "place", "proof-scene"),
        (match(light=0.3), "light", "proof-scene"),
    ],
)
def test_one_bad_drawing_fails_the_proof_and_is_named(bad: Match, reason: str, slug: str) -> None:
    first = decide(cells(match(), bad))
    assert isinstance(first, Kept)
    assert not first.writes["verdict"].passed
    assert first.writes["verdict"].reasons == [reason]
    assert "Drawing 2" in first.writes["verdict"].critique
    last = decide(cells(match(), bad), last=True)
    assert isinstance(last, Rejected)
    assert (last.reason, last.detail) == (slug, first.writes["verdict"].critique)
    assert last.writes["attempts"][0].verdict.reasons == [reason]


def test_a_malformed_recaption_is_rejected_as_such() -> None:
    outcome = decide(cells(problems=("no-preservation",)), last=True)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "recaption-format"
    assert "no-preservation" in outcome.detail


def test_a_check_that_was_not_made_does_not_pass() -> None:
    bare = Match(seed=1, similarity=0.9, nearest="", nearest_similarity=0.0, margin=0.9)
    assert not judge(recaption("x"), Proof(matches=[bare], negatives=[], model=""), ProofPolicy(), []).passed


def test_agreement_lets_a_share_of_the_drawings_fail() -> None:
    proof = cells(match(), match(), match(place=0.1))["proof"]
    assert not judge(recaption("x"), proof, ProofPolicy(), []).passed
    assert judge(recaption("x"), proof, ProofPolicy(agreement=0.6), []).passed


def failed_attempt(bad: Match) -> Attempt:
    values = cells(bad)
    return Attempt(
        recaption=values["recaption"],
        drawings=[],
        proof=values["proof"],
        verdict=Verdict(passed=False, reasons=["margin"], critique="..."),
    )


def test_a_second_attempt_joins_the_first() -> None:
    before = failed_attempt(match(place=0.1))
    outcome = decide(cells(match()) | {"attempts": [before], "verdict": before.verdict}, last=True, round=2)
    assert isinstance(outcome, Kept)
    assert [attempt.verdict.passed for attempt in outcome.writes["attempts"]] == [False, True]


def test_a_reference_that_showed_somebody_else_cannot_be_talked_away() -> None:
    before = failed_attempt(match(margin=-0.4))
    outcome = decide(cells(match()) | {"attempts": [before], "verdict": before.verdict}, last=True, round=2)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "proof-margin"
    assert "Leopard" in outcome.detail


def test_later_rounds_are_for_failed_proofs() -> None:
    second = Decide(round=2)
    failed = failed_attempt(match()).verdict
    assert second.needed(Row("key", {"verdict": failed}))
    assert not second.needed(Row("key", {"verdict": Verdict(passed=True, reasons=[], critique="")}))
    assert not second.needed(Row("key", {}))
