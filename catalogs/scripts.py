"""Words in texts of any script: what they are made of, where they end, how many there are.

Python's ``\\w`` knows no vowel signs, so that ``\\b`` and ``\\w+`` tear Devanagari apart, and it sees no end
of a word in Chinese, where a label or a colour has its neighbours right beside it.
"""

from __future__ import annotations

import re

MARKS = (
    "\u0610-\u061a\u064b-\u065f\u0670"
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0980-\u0983\u09bc-\u09d7"
)
"""Signs inside of words that are no letters for Python, as ranges of a character class: vowel points of
Arabic, vowel signs of Devanagari and Bengali. Zero-width joiners are left to `catalogs.trajectory.markup`."""

UNSPACED = (
    "\u3005\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Han and Kana, which are written without spaces, as ranges of a character class."""

START = rf"(?<![^\W{UNSPACED}])(?<![{MARKS}])"
END = rf"(?![^\W{UNSPACED}])(?![{MARKS}])"
"""``\\b`` before and after a word, in any script. What stands beside Han stands free."""

SIGNS_A_WORD = 1.5
"""Han characters that count as one word of a spaced script. Running Chinese has some 1.5 a word; what is
counted so are limits that leave room."""

_WORD = re.compile(rf"[\w{MARKS}]+")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_FULL_WIDTH = re.compile(f"[{UNSPACED}\u3001-\u303f\uff00-\uff65]")


def words(text: str) -> list[str]:
    """Runs of letters, digits and vowel signs, in order; a run of Han is one."""
    return _WORD.findall(text)


def count_words(text: str) -> int:
    """Words as white space sets them apart; Han by `SIGNS_A_WORD`."""
    signs = len(_UNSPACED.findall(text))
    if not signs:
        return len(text.split())
    return len(_FULL_WIDTH.sub(" ", text).split()) + round(signs / SIGNS_A_WORD)


def is_unspaced(text: str) -> bool:
    """Whether a text holds Han or Kana."""
    return _UNSPACED.search(text) is not None


def standing(pattern: str) -> str:
    """A pattern that matches where `pattern` stands as words of its own."""
    return rf"{START}(?:{pattern}){END}"
