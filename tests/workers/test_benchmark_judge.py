"""A chat worker as a judge: what it is shown, and what one bad question does to the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from catalogs.stage import StopRun
from workers.benchmark_judge.chat import ChatJudge
from workers.benchmark_judge.interface import Question, Shown
from workers.chat.interface import ChatReply, ChatRequest
from workers.errors import WorkerError
from workers.judging.fields import Field

ASKED: list[ChatRequest] = []


class SpentError(WorkerError, StopRun):
    pass


@dataclass(frozen=True)
class FakeChat:
    name: str = "some-vlm"
    revision: str = "abc"

    def complete(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        ASKED.extend(requests)
        for request in requests:
            if "refuse" in request.messages[1].text:
                raise WorkerError("refused")
            if "broke" in request.messages[1].text:
                raise SpentError("the budget is spent")
        return [ChatReply(text=request.messages[1].text) for request in requests]


def question(text: str) -> Question:
    shown = [Shown(role=r, label=f"a {r}", sha256=r * 4, data=b"") for r in ("truth_1", "generated")]
    fields = (
        Field(name="grade", low=0, high=10),
        Field(name="half", kind="number", high=1, allowed=(0.0, 0.5, 1.0)),
        Field(name="sure", kind="flag"),
        Field(name="best", kind="choice", choices=("first", "tie")),
        Field(name="why", kind="text"),
    )
    return Question(
        task="factip",
        system="be strict",
        text=text,
        pictures=tuple(shown),
        fields=fields,
        subject="A tiger.",
        language="en",
        facts={},
    )


@pytest.fixture(autouse=True)
def _nothing_asked() -> None:
    ASKED.clear()


def test_pictures_go_along_in_order_and_are_named() -> None:
    ChatJudge(FakeChat()).answer([question("Prompt: A tiger.")])
    system, user = ASKED[0].messages
    assert (system.role, system.text) == ("system", "be strict")
    assert user.images == ("truth_1" * 4, "generated" * 4)
    assert user.text == "Prompt: A tiger.\nimage_1: a truth_1\nimage_2: a generated"


def test_a_server_can_be_held_to_the_schema() -> None:
    ChatJudge(FakeChat()).answer([question("x")])
    schema: dict[str, Any] = ASKED[0].schema or {}
    assert schema["required"] == ["grade", "half", "sure", "best", "why"]
    assert schema["properties"] == {
        "grade": {"type": "integer", "minimum": 0, "maximum": 10},
        "half": {"type": "number", "enum": [0.0, 0.5, 1.0]},
        "sure": {"type": "boolean"},
        "best": {"type": "string", "enum": ["first", "tie"]},
        "why": {"type": "string"},
    }


def test_one_bad_question_takes_nothing_from_the_others() -> None:
    answers = ChatJudge(FakeChat()).answer([question("one"), question("refuse"), question("two")])
    assert isinstance(answers[1], WorkerError)
    assert [str(answers[i]).splitlines()[0] for i in (0, 2)] == ["one", "two"]


def test_a_spent_budget_ends_the_run() -> None:
    with pytest.raises(StopRun):
        ChatJudge(FakeChat()).answer([question("one"), question("broke")])


def test_it_is_pinned_by_the_name_and_revision_of_its_model() -> None:
    judge = ChatJudge(FakeChat())
    assert judge.name == "some-vlm"
    assert judge.revision.endswith("abc")
    assert judge.revision != ChatJudge(FakeChat(revision="abd")).revision
