"""Queries for pictures are written from what the text says, and the think part shows from which sentences."""

from __future__ import annotations

from typing import Any

import pytest

from catalogs.trajectory import parse_reply
from workers.chat.interface import ChatRequest
from workers.chat.rules import RulesTeacher

DEFINES = "The tiger is a large cat."
SEEN = "It has black stripes on its fur."
OTHER = "The closest relative of the tiger is the small leopard."


def call(*sentences: str, **facts: Any) -> tuple[str, str]:
    """Think part and query."""
    own = {
        "language": "en",
        "subject": "Tiger",
        "noun": "a tiger",
        "queries": [],
        "num": 8,
        "evidence": [{"title": "Tiger", "sentence": sentence, "step": 0} for sentence in sentences],
    }
    request = ChatRequest(task="image-query", messages=(), facts={**own, **facts})
    parsed = parse_reply(RulesTeacher().complete([request])[0].text)
    assert parsed.tool_call is not None
    return parsed.think, parsed.tool_call.arguments["q"]


def test_the_query_describes_and_the_think_part_quotes_what_it_is_made_from() -> None:
    think, query = call(DEFINES, OTHER, SEEN)
    assert query == "tiger large cat black stripes"
    assert DEFINES in think
    assert SEEN in think
    assert OTHER not in think


def test_what_the_name_says_is_not_said_again() -> None:
    assert call("The red panda is a red mammal.", subject="Red panda", noun="a red panda")[1] == "red panda"


@pytest.mark.parametrize(
    ("subject", "noun", "query"),
    [
        ("Tiger", "a tiger", "tiger"),
        ("Superheroes", "a superhero", "superhero"),
        ("Skateboarding", "a skateboard", "skateboard"),
        ("Cricket (insect)", "a cricket", "cricket insect"),
        ("Domestic turkey", "a turkey", "Domestic turkey"),
        ("Rowing (sport)", "a rower", "rower Rowing sport"),
        ("Ice skating", "an ice skate", "ice skate Ice skating"),
        ("Antler", "an ant", "ant Antler"),
    ],
)
def test_noun_and_title_stand_in_the_query_as_far_as_they_differ(subject: str, noun: str, query: str) -> None:
    assert call(subject=subject, noun=noun)[1] == query


def test_a_further_query_asks_for_another_view() -> None:
    _, query = call(DEFINES, queries=["tiger large cat"])
    assert query == "tiger whole view"
    assert call(DEFINES, queries=["tiger large cat", query])[1] == "tiger close-up"
