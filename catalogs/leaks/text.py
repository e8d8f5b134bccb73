"""Text as leaks are looked for in: case, accents and punctuation folded away, cut into words and shingles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from catalogs.scripts import MARKS

_WORD = re.compile(rf"[㐀-䶿一-鿿豈-﫿぀-ヿ가-힯]|(?:[^\W_㐀-䶿一-鿿豈-﫿぀-ヿ가-힯]|[{MARKS}])+")
"""A run of letters, digits, vowel signs; in scripts that put no space between words (or glue particles on),
one character."""

_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ð": "d", "þ": "th", "ł": "l", "đ": "d", "ı": "i"}
)
"""Letters that Unicode does not take apart into a base letter and a mark."""

SHINGLE = 5
"""Characters a shingle. Lee et al. (2022) take 5 words, of documents; a prompt of 15 words would lose half of
those to one changed word."""


def folded(text: str) -> str:
    """Lower case, without accents: ``Œuvre d'Été`` -> ``oeuvre d'ete``."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))


def words(text: str) -> list[str]:
    """The folded words: ``La Tour-Eiffel!`` -> ``["la", "tour", "eiffel"]``."""
    return _WORD.findall(folded(text))


def ngrams(tokens: Sequence[str], size: int) -> set[tuple[str, ...]]:
    """Every run of `size` words; none where there are fewer."""
    return {tuple(tokens[start : start + size]) for start in range(len(tokens) - size + 1)}


def shingles(tokens: Sequence[str]) -> set[str]:
    """Every run of `SHINGLE` characters of the words set apart by single spaces; a short text is one."""
    text = " ".join(tokens)
    return {text[start : start + SHINGLE] for start in range(max(1, len(text) - SHINGLE + 1))}


def jaccard(one: set[str], other: set[str]) -> float:
    """Shared shingles over all shingles, 0..1."""
    return len(one & other) / len(one | other) if one or other else 1.0
