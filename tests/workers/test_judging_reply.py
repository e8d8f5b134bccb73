"""Answers are read as they are meant, or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.errors import ModelReplyError
from workers.judging.fields import Field
from workers.judging.reply import read_reply

GRADE = Field(name="grade", kind="integer", low=0, high=10)
HALF = Field(name="half", kind="number", low=0, high=1, allowed=(0.0, 0.5, 1.0))
FLAG = Field(name="flag", kind="flag")
PICK = Field(name="pick", kind="choice", choices=("first", "second", "tie"))
WHY = Field(name="why", kind="text")
FIELDS = (GRADE, HALF, FLAG, PICK, WHY)
GOOD = {"grade": 7, "half": 0.5, "flag": True, "pick": "tie", "why": "because"}


def test_a_good_answer() -> None:
    grades = read_reply(json.dumps({**GOOD, "extra": [1]}), FIELDS)
    assert grades.values == {"grade": 7.0, "half": 0.5, "flag": 1.0}
    assert grades.notes == {"pick": "tie", "why": "because"}


@pytest.mark.parametrize("text", ["```json\n{}\n```", "```\n{}\n```", "  {}  "])
def test_a_fence_is_taken_off(text: str) -> None:
    assert read_reply(text.replace("{}", json.dumps(GOOD)), FIELDS).values["grade"] == 7.0


@pytest.mark.parametrize(
    "change",
    [
        {"grade": "7"},
        {"grade": True},
        {"grade": 7.5},
        {"grade": 11},
        {"grade": None},
        {"half": 0.7},
        {"flag": 1},
        {"flag": "true"},
        {"pick": "both"},
        {"why": 3},
    ],
)
def test_what_does_not_fit_is_refused_by_name(change: dict[str, Any]) -> None:
    (name,) = change
    with pytest.raises(ModelReplyError, match=name):
        read_reply(json.dumps({**GOOD, **change}), FIELDS)


@pytest.mark.parametrize("text", ["", "[]", "7", "Here you are: {}", json.dumps(GOOD) + " Done.", "{'a': 1}"])
def test_no_guess_is_made_from_other_text(text: str) -> None:
    with pytest.raises(ModelReplyError):
        read_reply(text, FIELDS)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(ModelReplyError):
        read_reply(text, FIELDS)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(ModelReplyError, match="half"):
        read_reply('{"grade": 3}', FIELDS)
