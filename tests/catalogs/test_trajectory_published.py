"""The published document: exact keys, and a training view without the turns that were refused."""

from __future__ import annotations

import msgspec
import pytest

from catalogs.records import (
    Candidate,
    Decision,
    Evidence,
    Gap,
    Hit,
    ImageTrace,
    Origin,
    Passage,
    Picture,
    Prompt,
    Recaption,
    Reference,
    Scene,
    Selection,
    TextTrace,
    Turn,
)
from catalogs.trajectory import published
from catalogs.trajectory.published import full_response

ORIGIN = Origin(url="https://example.org/tiger.png", licence="CC-BY-SA-4.0", author="A. Nonymous")
PASSAGE = Passage(title="Tiger", language="en", text="The tiger is a large cat.", origin=ORIGIN)
PICTURE = Picture(sha256="ab" * 32, media_type="image/png", width=512, height=512, bytes=9, origin=ORIGIN)


def turn(number: int, stage: int, *, ok: bool = True) -> Turn:
    return Turn(
        turn=number,
        stage=stage,
        input=f"input {number}",
        response_text=f"response {number}",
        tool_output="" if stage == 3 else f"output {number}",
        ok=ok,
        problem="" if ok else "malformed-call",
    )


@pytest.fixture
def document() -> dict[str, object]:
    candidate = Candidate(query=1, rank=1, title="Tiger", page_url="https://example.org", picture=PICTURE)
    references = [
        Reference(label=label, candidate=candidate, judgement={"identity": 9.0}, description="orange,black")
        for label in ("image_1", "image_2")
    ]
    return published(
        prompt=Prompt(
            key="0123-en1",
            language="en",
            text="A tiger in a green meadow at dusk.",
            form="descriptive",
            subject="Tiger",
            noun="a tiger",
            scene=Scene(place="meadow", light="dusk"),
            model="rules@1",
        ),
        domain="animal-plant",
        gap=Gap(needs_search=True, unknowns=["stripes"], statement="Stripes are not known.", model="rules@1"),
        text_trace=TextTrace(
            queries=["Tiger"],
            hits=[Hit(rank=1, score=1.0, passage=PASSAGE)],
            evidence=[Evidence(sentence=PASSAGE.text, title="Tiger", origin=ORIGIN)],
            turns=[turn(0, 1, ok=False), turn(1, 1)],
            model="rules@1",
        ),
        image_trace=ImageTrace(
            queries=["tiger"], turns=[turn(2, 2)], candidates=[candidate], model="rules@1"
        ),
        selection=Selection(
            references=references,
            decisions=[Decision(sha256=PICTURE.sha256, kept=False, reason="watermark", rank_score=3.0)],
        ),
        recaption=Recaption(
            think="...", text="A tiger.", language="en", attempt=1, turn=turn(3, 3), model="rules@1"
        ),
    )


def test_the_top_level_is_the_published_one_and_one_block_of_our_own(document: dict[str, object]) -> None:
    assert list(document) == [
        "ip_index",
        "ip_name",
        "image_prompt",
        "language",
        "country",
        "turns",
        "recaption",
        "full_response",
        "tracemill",
    ]
    assert (document["ip_index"], document["country"], document["recaption"]) == ("0123-en1", "", "A tiger.")
    msgspec.json.encode(document)


def test_turns_hold_all_turns_in_the_published_fields(document: dict[str, object]) -> None:
    turns = document["turns"]
    assert isinstance(turns, list)
    assert [one["stage"] for one in turns] == [1, 1, 2, 3]
    assert list(turns[1]) == ["turn", "stage", "input", "response_text", "tool_output"]
    assert turns[0]["error"] == "malformed-call"
    judged = turns[2]["image_judge_results"][0]
    assert list(judged) == ["path", "score", "reason", "is_text_heavy", "has_watermark"]
    assert judged["has_watermark"]
    assert turns[3]["recaption"] == "A tiger."
    assert turns[3]["tool_output"] is None


def test_the_training_view_has_exact_keys_and_ends_with_picture_then_recaption(
    document: dict[str, object],
) -> None:
    rows = document["full_response"]
    assert isinstance(rows, list)
    assert all(list(row) == ["turn", "input", "response_text", "tool_output"] for row in rows)
    assert [row["response_text"] for row in rows] == ["response 1", "response 2", "response 3"]
    assert [row["turn"] for row in rows] == [0, 1, 2]


def test_a_repair_answers_the_question_that_was_first_put() -> None:
    rows = full_response([turn(0, 1), turn(1, 1, ok=False), turn(2, 1), turn(3, 2)])
    assert [row["input"] for row in rows] == ["input 0", "input 1", "input 3"]
    assert [row["response_text"] for row in rows] == ["response 0", "response 2", "response 3"]


def test_provenance_licence_and_models_stand_in_our_block(document: dict[str, object]) -> None:
    block = document["tracemill"]
    assert isinstance(block, dict)
    assert block["evidence"][0]["origin"]["licence"] == "CC-BY-SA-4.0"
    assert block["references"][1]["picture"]["origin"]["author"] == "A. Nonymous"
    assert block["models"]["recaption"] == "rules@1"
