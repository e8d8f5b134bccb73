"""Articles go where a reader would put them, and the rule that decided is known."""

from __future__ import annotations

import pytest

from sources.zim.categories import head_of, rule_for
from sources.zim.page import Page


def page(lead: str, labels: tuple[str, ...] = (), classes: frozenset[str] = frozenset()) -> Page:
    return Page(lead, (), classes, labels, (), ())


@pytest.mark.parametrize(
    ("lead", "category"),
    [
        ("Ann Lee (born 1950) is an American jazz singer known for her voice.", "celebrity"),
        ("Night Air is a 1961 studio album by Ann Lee.", "cultural-relic-art"),
        ("Live is a live album recorded at the Newport Jazz Festival.", "cultural-relic-art"),
        ("Tin Cat is a 1998 animated film about a cat.", "animation"),
        ("Hard Rain is a 1996 American comedy film directed by Joe Doe.", "uncategorised"),
        ("The Old Bridge is a stone bridge in Kent.", "landmark"),
        ("Light Night is an annual festival in Leeds.", "festival"),
        ("Goulash is a soup of meat and vegetables.", "food"),
        ("The tiger is a species of cat.", "animal-plant"),
        ("Zorg is a god of thunder.", "mythology"),
        ("Bolt is a fictional superhero in stories of the 1960s.", "comic"),
        ("Pip was the mascot of the Games.", "mascot"),
        ("Truth is the property of being in accord with fact.", "uncategorised"),
        ("", "uncategorised"),
    ],
)
def test_the_first_sentence_decides(lead: str, category: str) -> None:
    assert rule_for("Title", page(lead)).category == category


def test_the_infobox_decides_where_the_sentence_does_not() -> None:
    assert rule_for("Title", page("X sings.", labels=("Born", "Died"))).category == "celebrity"
    assert rule_for("Title", page("X.", labels=("Studio album by Ann Lee",))).name == "record"
    assert rule_for("Title", page("X.", classes=frozenset({"infobox", "biota"}))).category == "animal-plant"


def test_a_producer_of_films_is_a_person() -> None:
    lead = "Jo Doe is an American film producer."
    assert rule_for("Jo Doe", page(lead, labels=("Born",))).category == "celebrity"


@pytest.mark.parametrize("title", ["List of bridges", "Lists of albums"])
def test_lists_are_no_entities(title: str) -> None:
    assert rule_for(title, page("This is a list of bridges.")).category == "uncategorised"


def test_only_the_head_of_the_sentence_counts() -> None:
    assert head_of("Ann (b. 1950 in a town) was an American singer, actor and author, who sang.") == (
        "American singer, actor and author"
    )
