"""The rule-based teacher follows clues: what it looks up next, and what it takes from a passage."""

from __future__ import annotations

from typing import Any

from catalogs.trajectory import guess_language, parse_reply
from workers.chat.interface import ChatRequest
from workers.chat.rules import RulesTeacher
from workers.chat.rules_multi_hop import query, reading

CLUES = [
    "Many visitors come to Tokyo for a bowl of this one at noon.",
    "that one is a bowl of rice, and its best known kind is this one with egg.",
]
TOKYO = "Tokyo is large. Many visitors come to Tokyo for a bowl of Donburi at noon. It rains."
DONBURI = "History: Donburi is a bowl of rice, and its best known kind is Katsudon with egg."


def facts(
    *hits: tuple[str, str], evidence: tuple[str, ...] = (), queries: tuple[str, ...] = ()
) -> dict[str, Any]:
    titles = ("Tokyo", "Donburi")
    return {
        "language": "en",
        "anchor": "Tokyo",
        "clues": CLUES,
        "queries": list(queries),
        "evidence": [
            {"title": title, "sentence": sentence, "step": step}
            for step, (title, sentence) in enumerate(zip(titles, evidence, strict=False), start=1)
        ],
        "most": 4,
        "top_k": 5,
        "hits": [{"rank": n, "title": title, "text": text} for n, (title, text) in enumerate(hits, start=1)],
    }


TOLD = (
    "Many visitors come to Tokyo for a bowl of Donburi at noon.",
    "Donburi is a bowl of rice, and its best known kind is Katsudon with egg.",
)


def test_it_begins_with_what_the_prompt_names() -> None:
    thought, options = query(facts())
    assert options[0].startswith("Tokyo many visitors")
    assert "Tokyo" in thought
    assert "Donburi" not in thought


def test_each_step_is_looked_up_by_what_the_step_before_it_led_to() -> None:
    thought, options = query(facts(evidence=TOLD[:1], queries=("Tokyo",)))
    assert options[0].startswith("Donburi ")
    assert "Step 1 is done" in thought
    thought, options = query(facts(evidence=TOLD, queries=("Tokyo", "Donburi")))
    assert options[0] == "Katsudon"
    assert "the subject is Katsudon" in thought


def test_the_sentence_of_a_clue_is_found_word_for_word_in_the_right_article() -> None:
    found = reading(facts(("Tokyo Tower", TOKYO), ("Tokyo", TOKYO)))
    assert found["evidence"] == [{"hit": 2, "sentence": TOLD[0], "step": 1}]
    assert found["search_again"]
    assert "Donburi" in found["summary"]
    found = reading(facts(("Donburi (dish)", DONBURI), evidence=TOLD[:1], queries=("q",)))
    assert found["evidence"] == [{"hit": 1, "sentence": TOLD[1], "step": 2}]


def test_at_the_end_of_the_way_it_reads_of_the_subject() -> None:
    found = reading(facts(("Katsudon", "Katsudon is a brown dish."), evidence=TOLD, queries=("a", "b")))
    assert found["evidence"] == [{"hit": 1, "sentence": "Katsudon is a brown dish.", "step": 0}]
    assert not found["search_again"]


def test_a_step_that_no_passage_tells_is_asked_for_once_more_in_other_words() -> None:
    first = query(facts())[1][0]
    missed = facts(("Kyoto", "Kyoto is old."), queries=(first,))
    assert reading(missed)["search_again"]
    thought, options = query(missed)
    assert "in other words" in thought
    assert options[1] != first
    assert not reading(facts(("Kyoto", "Kyoto is old."), queries=(first, options[1])))["search_again"]


def test_a_name_with_braces_is_a_name() -> None:
    request = ChatRequest(task="text-query", messages=(), facts=facts() | {"anchor": "{0} {query"})
    assert parse_reply(RulesTeacher().complete([request])[0].text).tool_call is not None


def test_a_query_is_not_taken_for_another_language() -> None:
    clue = "What'd I Say is an American rhythm and blues song, by this one released that year."
    options = query(facts() | {"anchor": "What'd I Say", "clues": [clue]})[1]
    assert options
    assert all(guess_language(option) in ("en", None) for option in options)
