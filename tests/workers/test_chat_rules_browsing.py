"""The rule-based teacher reads a page where the passage does not say what the subject looks like."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalogs.trajectory import parse_reply
from workers.chat.interface import ChatRequest
from workers.chat.rules import RulesTeacher

LARGE = "The tiger is a large cat that lives in Asia."
SHORT = "The tiger is a cat. It lives in Asia."
SEEN = "Its fur is orange with black stripes."
PAGE = "https://example.org/wiki/Tiger"


def answer(task: str, **facts: Any) -> str:
    own = {
        "language": "en",
        "subject": "Tiger",
        "noun": "a tiger",
        "queries": ["Tiger"],
        "top_k": 5,
        "most": 4,
    }
    request = ChatRequest(task=task, messages=(), facts={"unknowns": [], **own, **facts})
    return RulesTeacher().complete([request])[0].text


def reading(text: str, **facts: Any) -> dict[str, Any]:
    hits = [{"rank": 1, "title": "Tiger", "text": text}]
    found: dict[str, Any] = json.loads(answer("read", hits=hits, **facts))
    return found


def page(title: str, url: str = PAGE) -> dict[str, Any]:
    return {"rank": 1, "url": url, "title": title, "text": f"The {title.lower()} is a cat."}


@pytest.mark.parametrize(
    ("text", "may_browse", "asks_on"),
    [(SHORT, True, True), (SHORT, False, False), (f"{SHORT} {SEEN}", True, False), (LARGE, True, False)],
)
def test_it_asks_on_where_nothing_can_be_seen_and_a_page_can_be_read(
    text: str, may_browse: bool, asks_on: bool
) -> None:
    found = reading(text, may_browse=may_browse)
    assert found["evidence"]
    assert found["search_again"] is asks_on


def test_who_was_told_nothing_of_pages_reads_as_before() -> None:
    assert reading(SHORT) == reading(SHORT, may_browse=False)
    assert answer("text-query") == answer("text-query", pages=[])


@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_it_reads_the_page_about_the_subject_and_no_other(language: str) -> None:
    facts = {"subject": "Tiger", "noun": "tiger", "language": language}
    call = parse_reply(
        answer("text-query", pages=[page("Lion", "https://x/"), page("Tiger")], **facts)
    ).tool_call
    assert call is not None
    assert (call.name, call.arguments) == ("browse", {"url": PAGE})


def test_without_such_a_page_it_searches_in_other_words() -> None:
    call = parse_reply(answer("text-query", pages=[page("Lion")])).tool_call
    assert call is not None
    assert call.name == "text_search"
    assert call.arguments["q"] != "Tiger"
