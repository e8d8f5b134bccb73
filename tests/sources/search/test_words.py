"""Words in any script: what is written in two ways is found by both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.search.words import split, told, words


@pytest.mark.parametrize(
    ("language", "query", "text"),
    [
        ("en", "tigers", "The Tiger is a cat"),
        ("fr", "epees", "L'épée est une arme"),
        ("de", "häuser", "ein Haus und viele Häuser"),
        ("ru", "ежи", "Ёж колючий, много ежей"),
        ("ar", "كتاب", "كِتَابٌ قديم"),
        ("ar", "اسلام", "الإسلام وإسلام"),
        ("he", "שלום", "שָׁלוֹם"),
        ("hi", "हिन्दी", "हिन्दी भाषा"),
        ("hi", "क़लम", "\u0915\u093cलम"),  # the nukta apart, and in one
        ("zh", "龙", "龙舟是端午节的船"),
        ("zh", "龙舟", "端午节赛龙舟"),
        ("en", "猪排", "Katsudon (炸猪排盖饭) is a bowl of rice"),
        ("ja", "カツ丼", "ｶﾂ丼はどんぶり物"),
        ("ko", "김치", "김치는 음식이다"),
        ("th", "ภาษา", "ภาษาไทย"),
        ("el", "αθηνα", "Η Αθήνα"),
        ("tr", "istanbul", "İstanbul şehri"),
        ("fa", "می\u200cخواهم", "میخواهم"),
    ],
)
def test_a_query_meets_the_text(language: str, query: str, text: str) -> None:
    assert set(words(query, language)) <= set(told(text, language))


def test_pairs_of_characters_tell_words_apart() -> None:
    assert not set(words("龙虾", "zh")) & set(told("龙舟和小虾", "zh"))


@given(st.text(max_size=200), st.sampled_from(["en", "zh", "ar", "hi", "xx"]))
def test_every_text_has_words_and_is_found_by_its_own(text: str, language: str) -> None:
    said = set(told(text, language))
    assert set(words(text, language)) <= said


def test_signs_that_are_no_letters_stay_in_their_word() -> None:
    assert split("बिल्ली और कुत्ता") == ["बिल्ली", "और", "कुत्ता"]
    assert split("Yes_Indeed-2 (l\u2019été)") == ["Yes", "Indeed", "2", "l", "été"]
