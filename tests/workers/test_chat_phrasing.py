from __future__ import annotations

import pytest

from workers.chat.nouns import bare, without_bracket
from workers.chat.phrasing import agreement, contract, enumerated, inflect, sentence, together, where


@pytest.mark.parametrize(
    ("count", "gender", "expected"),
    [(1, "m", "vu"), (1, "f", "vue"), (3, "m", "vus"), (2, "f", "vues"), (1, "", "vu")],
)
def test_words_agree_in_gender_and_number(count: int, gender: str, expected: str) -> None:
    assert inflect("[vu|vue|vus|vues]", count, gender) == expected


def test_two_alternatives_follow_the_number() -> None:
    assert inflect("it [is|are] [a|b]", 1) == "it is a"
    assert inflect("it [is|are] [a|b]", 2) == "it are b"


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("une raquette et un volant", (2, "m")),
        ("una pala y una pelota", (2, "f")),
        ("un cheval de course et son jockey", (2, "m")),
        ("une tasse de café", (1, "f")),
        ("a bat and ball", (1, "f")),
    ],
)
def test_joined_nouns_count_as_several(phrase: str, expected: tuple[int, str]) -> None:
    assert agreement(phrase, 1, "m" if phrase.startswith("un ") else "f") == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("une image de le Parthénon", "fr", "une image du Parthénon"),
        ("une image de une tour", "fr", "une image d'une tour"),
        ("une image de la tour", "fr", "une image de la tour"),
        ("una imagen de el Partenón", "es", "una imagen del Partenón"),
        ("a view de le x", "en", "a view de le x"),
    ],
)
def test_prepositions_and_articles_contract(text: str, language: str, expected: str) -> None:
    assert contract(text, language) == expected


def test_sentences_lists_and_places() -> None:
    assert sentence("élan  au repos", "fr") == "Élan au repos."
    assert enumerated(["a", "b", "c"], "es") == "a, b y c"
    assert enumerated([], "es") == ""
    assert where("on a beach", "at dusk", "en") == "on a beach at dusk"
    assert where("dans un pré", "dans un brouillard", "fr") == "dans un pré, dans un brouillard"


def test_other_scripts_have_their_own_stops_lists_and_order() -> None:
    assert sentence("一只老虎", "zh") == "一只老虎。"
    assert together(["一。", "二。"], "zh") == "一。二。"
    assert together(["एक।", "दो।"], "hi") == "एक। दो।"
    assert enumerated(["الأحمر", "الأبيض", "الأسود"], "ar") == "الأحمر والأبيض والأسود"
    assert where("在沙滩上", "正午时分", "zh") == "正午时分在沙滩上"
    assert where("عند البحر", "عند الغروب", "ar") == "عند البحر، عند الغروب"


@pytest.mark.parametrize(
    ("noun", "language", "expected"),
    [
        ("an owl", "en", "owl"),
        ("the Eiffel Tower", "en", "Eiffel Tower"),
        ("Mount Fuji", "en", "Mount Fuji"),
        ("l'Alhambra", "fr", "Alhambra"),
        ("le père Noël", "fr", "père Noël"),
        ("el Partenón", "es", "Partenón"),
        ("ein Tiger", "de", "ein Tiger"),
    ],
)
def test_articles_come_off(noun: str, language: str, expected: str) -> None:
    assert bare(noun, language) == expected


def test_brackets_come_off_titles() -> None:
    assert without_bracket("Orange (fruit)") == "Orange"
    assert without_bracket("(What's the Story)") == "(What's the Story)"
