"""Every turn of a proven trajectory is judged; what cannot be read is no judgement, and costs nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from annotators.process import AskProcess, ReadProcess
from catalogs.records import Attempt, Drawing, Match, Origin, Picture, ProcessJudgement, Proof, Verdict
from catalogs.sidecar import process_score
from catalogs.trajectory import published
from tests.annotators.cells import kept, recaptioned
from tests.annotators.world import Teacher, always, run
from workers.chat.interface import ChatRequest
from workers.endpoint.errors import EndpointRefusedError

GOOD = '{"reasoning": "It asks for the subject.", "critique": "Precise.", "score": 0.75}'


def proven() -> dict[str, Any]:
    cells = recaptioned()
    origin = Origin(url="drawing:x")
    picture = Picture(sha256="ab", media_type="image/png", width=1, height=1, bytes=1, origin=origin)
    match = Match(seed=11, similarity=0.9, nearest="", nearest_similarity=0.1, margin=0.8)
    attempt = Attempt(
        recaption=cells["recaption"],
        drawings=[Drawing(seed=11, picture=picture, model="m@1")],
        proof=Proof(matches=[match], negatives=[], model="m@1"),
        verdict=Verdict(passed=True, reasons=[], critique=""),
    )
    return cells | {"attempts": [attempt], "proof": attempt.proof, "verdict": attempt.verdict}


def judged(teacher: Teacher) -> tuple[dict[str, Any], ProcessJudgement]:
    cells = proven()
    cells |= kept(run(AskProcess(teacher), cells))
    cells |= kept(run(ReadProcess(), cells))
    return cells, cells["process"]


def test_every_turn_gets_reasoning_critique_and_score_with_who_judged_it_by_what() -> None:
    teacher = Teacher({"process": always(GOOD)})
    cells, process = judged(teacher)
    turns = [*cells["text_trace"].turns, *cells["image_trace"].turns, cells["recaption"].turn]
    assert [(one.turn, one.stage) for one in process.turns] == [(one.turn, one.stage) for one in turns]
    assert {(one.reasoning, one.critique, one.score) for one in process.turns} == {
        ("It asks for the subject.", "Precise.", 0.75)
    }
    assert process.judge == "scripted@1"
    assert process.instruction == AskProcess(teacher).instructions
    assert process_score(process) == 0.75
    assert all(request.schema and "score" in request.schema["properties"] for request in teacher.heard)


def test_a_turn_is_judged_by_what_came_before_it_and_evidence_stays_evidence() -> None:
    teacher = Teacher({"process": always(GOOD)})
    cells, _ = judged(teacher)
    asked = [request.messages[0].text for request in teacher.heard]
    text, recaption = cells["text_trace"].turns[0], cells["recaption"]
    assert "before this turn:\nnothing" in asked[0]
    assert text.tool_output[:40] in asked[0]
    assert recaption.text[:40] in asked[-1]
    assert all(recaption.text[:40] not in one for one in asked[:-1])
    assert not any("<observation>" in one or "<tool_call>" in one for one in asked)


def test_an_answer_that_cannot_be_read_is_asked_for_once_more() -> None:
    teacher = Teacher({"process": lambda request, number: "Fine." if number == 0 else GOOD})
    cells, process = judged(teacher)
    assert process.turns[0].score == 0.75
    assert [one.refused for one in cells["process_replies"]][:2] == [["Fine."], []]
    assert "not the JSON object" in teacher.heard[1].messages[-1].text


@pytest.mark.parametrize("bad", ["Fine.", GOOD.replace("0.75", "7"), GOOD.replace("0.75", '"high"')])
def test_what_stays_unreadable_is_no_score_and_the_trajectory_stays(bad: str) -> None:
    teacher = Teacher({"process": always(bad)})
    cells, process = judged(teacher)
    assert len(teacher.heard) == 2 * len(process.turns)
    assert {one.score for one in process.turns} == {None}
    assert all(one.problem and not one.critique for one in process.turns)
    assert process_score(process) is None
    assert [one.text for one in cells["process_replies"]] == [bad] * len(process.turns), "word for word"


def test_the_document_tells_it() -> None:
    cells, process = judged(Teacher({"process": always(GOOD)}))
    columns = ("prompt", "gap", "text_trace", "image_trace", "selection", "recaption", "proof", "verdict")
    shown = {name: cells[name] for name in columns}
    document = published(domain="toy", attempts=cells["attempts"], process=process, **shown)
    assert document["tracemill"]["process"] == msgspec.to_builtins(process)
    assert "process" not in published(domain="toy", attempts=cells["attempts"], **shown)["tracemill"]


def test_a_turn_that_the_judge_will_not_read_leaves_the_trajectory_proven() -> None:
    refusal = EndpointRefusedError("status 400: against our policy", 400, b"{}")

    def says(request: ChatRequest, number: int) -> str:
        if number == 1:
            raise refusal
        return GOOD

    _, process = judged(Teacher({"process": says}))
    assert process.turns[0].score == 0.75
    assert process.turns[1].score is None
    assert process.turns[1].problem
