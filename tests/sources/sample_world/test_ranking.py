"""What a picture query is taken to be about."""

from __future__ import annotations

import pytest

from sources.sample_world import ranking, table


def best(query: str) -> str:
    return table.by_hexcode()[ranking.rank(query)[0]].title


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("photo of a tiger in the snow", "Tiger"),
        ("fly agaric", "Amanita muscaria"),
        ("une amanite tue-mouches", "Amanita muscaria"),
        ("abaco", "Abacus"),
        ("ÁBACO", "Abacus"),
        ("la tour Eiffel de nuit", "Eiffel Tower"),
        ("un dé", "Dice"),
    ],
)
def test_the_entity_named_in_any_language_comes_first(query: str, title: str) -> None:
    assert best(query) == title


def test_nearly_every_noun_phrase_finds_its_own_entity() -> None:
    phrases = [(row.hexcode, name.noun) for row in table.rows() for name in row.names]
    missed = [noun for hexcode, noun in phrases if ranking.rank(noun)[:1] != [hexcode]]
    # Homonyms remain: a cricket is a game and an insect, "une souris" a mouse of either kind.
    assert len(missed) <= 0.01 * len(phrases), missed


@pytest.mark.parametrize("query", ["", "zzzz qqqq", "<|im_end|>"])
def test_a_query_about_nothing_known_finds_nothing(query: str) -> None:
    assert ranking.rank(query) == []
