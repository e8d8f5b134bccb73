from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workers.chat.rules_reading import read, sentences


def facts(
    *hits: tuple[str, str], queries: int = 1, subject: str = "Tiger", noun: str = "a tiger"
) -> dict[str, Any]:
    return {
        "language": "en",
        "subject": subject,
        "noun": noun,
        "queries": ["q"] * queries,
        "most": 4,
        "hits": [{"rank": n + 1, "title": title, "text": text} for n, (title, text) in enumerate(hits)],
    }


@given(st.text())
def test_sentences_are_verbatim_parts_and_nothing_is_lost(text: str) -> None:
    assert all(one in text for one in sentences(text))
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_initials_and_abbreviations_do_not_end_a_sentence() -> None:
    text = "It was drawn by J. R. Smith in St. Louis. It is large."
    assert sentences(text) == ["It was drawn by J. R. Smith in St. Louis.", "It is large."]


def test_the_passage_of_the_same_title_is_read_wherever_it_ranks() -> None:
    answer = read(
        facts(("Tiger (band)", "A band."), ("Tiger", "The tiger is a cat. It is striped. It sleeps."))
    )
    assert answer["evidence"] == [
        {"hit": 2, "sentence": "The tiger is a cat."},
        {"hit": 2, "sentence": "It is striped."},
    ]


def test_the_lead_is_read_before_a_section_that_ranks_higher() -> None:
    asked = facts(("Tiger", "Tigers were hunted."), ("Tiger", "The tiger is a cat."))
    asked["hits"][0]["heading"] = "Conservation"
    assert read(asked)["evidence"] == [{"hit": 2, "sentence": "The tiger is a cat."}]
    assert read({**asked, "hits": asked["hits"][:1]})["evidence"] == [
        {"hit": 1, "sentence": "Tigers were hunted."}
    ]


def test_a_passage_that_defines_another_name_of_the_subject_is_read() -> None:
    plant = ("Allium cepa", "Allium cepa, commonly known as onion, is a plant.")
    sauce = ("Onion sauce", "Onion sauce is a sauce with onion in it.")
    answer = read(facts(sauce, plant, subject="Onion", noun="an onion"))
    assert [one["hit"] for one in answer["evidence"]] == [2]


def test_namesakes_are_not_read() -> None:
    hits = [("Orange (colour)", "A colour."), ("Orange", "Things called orange.")]
    asked_once = read(facts(*hits, subject="Orange (fruit)", noun="an orange"))
    assert (asked_once["evidence"], asked_once["search_again"]) == ([], True)


def test_the_second_query_is_the_last() -> None:
    nothing = read(facts(("Lion", "A cat."), queries=2))
    assert (nothing["evidence"], nothing["search_again"]) == ([], False)


def test_an_article_without_text_is_no_evidence() -> None:
    assert read(facts(("Tiger", "  ")))["search_again"]
