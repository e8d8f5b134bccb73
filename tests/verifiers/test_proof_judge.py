"""A judge of test drawings: what it sees, what it says, and what that does to the verdict."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from catalogs.records import Drawing, Match, Proof, Verdict
from catalogs.stage import Failed, Kept, Rejected, Row
from tests.verifiers.world import MemoryBlobs, cells, picture, row, truth, view
from tests.workers.votes import Says, Scripted, seen, vote_of
from verifiers.proof_judge import AskProofJudge, CountProofBallots
from verifiers.verdict import DecideJudged, JudgedPolicy
from workers.endpoint.errors import EndpointBusyError
from workers.judging.panel import Panel

GOOD = {"count": 1.0, "place": 0.8, "light": 0.9, "colours": 0.9}


def proven(blobs: MemoryBlobs) -> dict[str, Any]:
    """A recaption with two drawings whose measurements are above every threshold."""
    values = cells("Tiger", "A tiger.", [view("Tiger", 1), view("Tiger", 2)], blobs)
    drawings = [
        Drawing(seed=seed, picture=picture(view("Tiger", seed - 8), blobs), model="brush@1")
        for seed in (11, 12)
    ]
    matches = [
        Match(seed=s, similarity=0.9, nearest="Cat", nearest_similarity=0.5, margin=0.4, checks=GOOD)
        for s in (11, 12)
    ]
    proof = Proof(matches=matches, negatives=["Cat"], model="lit@1")
    return values | {"drawings": drawings, "proof": proof}


def judged(says: Says, votes: int = 1, **parameters: Any) -> Any:
    """Outcome of asking, counting and deciding."""
    blobs = MemoryBlobs()
    values = proven(blobs)
    for stage in (AskProofJudge(Panel(Scripted(says), votes)), CountProofBallots()):
        (outcome,) = stage.run([row(values, stage)], blobs)
        if not isinstance(outcome, Kept):
            return outcome
        values |= outcome.writes
    stage = DecideJudged(**parameters)
    (outcome,) = stage.run([row(values, stage)], blobs)
    return outcome


def test_the_judge_sees_the_ground_truth_then_the_drawing_and_reads_the_prompt() -> None:
    blobs = MemoryBlobs()
    values = proven(blobs)
    values["prompt"] = msgspec.structs.replace(values["prompt"], text="A tiger naps on a beach.")
    chat = Scripted(lambda _: seen())
    AskProofJudge(Panel(chat)).run([row(values, AskProofJudge)], blobs)
    shown = [request.messages[1].images for request in chat.asked]
    assert shown == [(blobs.put(truth("Tiger")), one.picture.sha256) for one in values["drawings"]]
    text = chat.asked[0].messages[1].text
    assert "Prompt: A tiger naps on a beach." in text
    assert "Asked for: Tiger; on a sandy beach; " in text


def test_grades_votes_and_the_judge_stand_beside_the_measurements() -> None:
    outcome = judged(lambda request: seen(6 + vote_of(request), same_subject=vote_of(request) < 2), votes=3)
    attempt = outcome.writes["attempts"][0]
    assert attempt.verdict == Verdict(passed=True, reasons=[], critique="")
    checks = attempt.proof.matches[0].checks
    assert checks == GOOD | {"judged_same": 0.667, "judged_identity": 0.7, "judged_scene": 1.0}


def test_the_judgement_names_who_judged_by_what_and_how_much_votes_differ() -> None:
    blobs = MemoryBlobs()
    values = proven(blobs)
    stage = AskProofJudge(Panel(Scripted(lambda request: seen(5 + 2 * vote_of(request))), 2))
    (asked,) = stage.run([row(values, stage)], blobs)
    (counted,) = CountProofBallots().run([row(values | asked.writes, CountProofBallots)], blobs)
    judgement = counted.writes["proof_judgement"]
    assert judgement.judge == "scripted@1-1-2votes"
    assert judgement.instruction == stage.instruction.digest
    first = judgement.drawings[0]
    assert (first.seed, first.identity, first.spread["identity"], first.votes) == (11, 6.0, 2.0, 2)


@pytest.mark.parametrize(
    ("answer", "reason", "slug"),
    [
        ({"same_subject": False}, "judged_same", "proof-identity"),
        ({"identity": 5}, "judged_identity", "proof-identity"),
        ({"scene_followed": False}, "judged_scene", "proof-scene"),
    ],
)
def test_a_drawing_that_the_judge_refuses_fails_the_proof_with_the_judges_words(
    answer: dict[str, Any], reason: str, slug: str
) -> None:
    said = seen(**{"identity": 8} | answer | {"critique": "The stripes are missing."})
    first = judged(lambda _: said)
    assert isinstance(first, Kept)
    verdict = first.writes["verdict"]
    assert (verdict.passed, verdict.reasons) == (False, [reason])
    assert "Drawing 1 (seed 11)" in verdict.critique
    assert "The stripes are missing." in verdict.critique
    last = judged(lambda _: said, last=True)
    assert isinstance(last, Rejected)
    assert last.reason == slug


def test_thresholds_are_a_policy_over_what_is_stored() -> None:
    lenient = JudgedPolicy(same=0.0, identity=0.0, scene=0.0)
    outcome = judged(lambda _: seen(1, same_subject=False, scene_followed=False), judged=lenient)
    assert outcome.writes["verdict"].passed
    assert DecideJudged.policy
    assert DecideJudged().models() == {}
    assert DecideJudged().fingerprint != DecideJudged(judged=lenient).fingerprint


def test_a_drawing_that_cannot_be_judged_fails_the_record() -> None:
    outcome = judged(lambda _: "It looks great.")
    assert isinstance(outcome, Failed)
    assert outcome.error == "UnreadBallotError"
    assert "seed 11" in outcome.detail


def test_a_call_without_an_answer_fails_the_record() -> None:
    outcome = judged(lambda _: EndpointBusyError("status 500"))
    assert outcome == Failed("EndpointBusyError", "status 500")


def test_later_rounds_are_for_failed_proofs() -> None:
    failed = Verdict(passed=False, reasons=["judged_same"], critique="...")
    passed = Verdict(passed=True, reasons=[], critique="")
    for stage in (AskProofJudge(Panel(Scripted(lambda _: "")), round=2), CountProofBallots(round=2)):
        assert stage.needed(Row("key", {"verdict": failed}))
        assert not stage.needed(Row("key", {"verdict": passed}))


def test_the_judges_names_of_pictures_are_not_taken_for_references() -> None:
    """The judge's image_2 is the drawing; whoever writes the next recaption has a reference of that name."""
    said = seen(2, critique="Image_2 lacks the stripes of image_1, and image_2's ears are round.")
    (critique,) = {judged(lambda _: said).writes["verdict"].critique}
    assert "The drawing lacks the stripes of the subject, and the drawing's ears are round." in critique
    assert "image_" not in critique.casefold()


@pytest.mark.parametrize("votes", [3, 51, 99])
def test_more_than_half_of_the_votes_are_more_than_half(votes: int) -> None:
    def says(yes: int) -> Any:
        return judged(lambda request: seen(9, same_subject=vote_of(request) < yes), votes=votes)

    assert says(votes // 2 + 1).writes["verdict"].passed
    assert not says(votes // 2).writes["verdict"].passed
