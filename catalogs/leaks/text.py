"""Text as leaks are looked for in: case, accents and punctuation folded away, cut into words and shingles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from catalogs.leaks.lookalikes import SMALL_CAPITALS, unmixed
from catalogs.scripts import MARKS

_ALONE = (
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17d3"
)
"""Kana without the dot between names, Han, Hangul; Thai, Lao, Burmese, Khmer: scripts that put no space
between words, or glue particles on. A sign is a word of its own there."""

_WORD = re.compile(rf"[{_ALONE}]|(?:[^\W_{_ALONE}]|[{MARKS}])+")

_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ð": "d", "þ": "th", "ł": "l", "đ": "d", "ı": "i", "ـ": ""}
)
"""Letters that Unicode does not take apart into a base letter and a mark; the Arabic stretch is none."""

_CYRILLIC = dict(zip("абвгґдеёзиіїйклмнопрстуўфыэ", "abvggdeeziiiyklmnoprstuwfye", strict=True)) | {
    "є": "ye",
    "ж": "zh",
    "х": "kh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "shch",
    "ю": "yu",
    "я": "ya",
}
_GREEK = dict(zip("αβγδεζηικλμνξοπρσςτυφω", "avgdeziiklmnxoprsstyfo", strict=True)) | {
    "θ": "th",
    "χ": "ch",
    "ψ": "ps",
}
_ROMAN = str.maketrans(_CYRILLIC | {"ъ": "", "ь": ""} | _GREEK)
"""Near to BGN/PCGN, as news and encyclopedias write names: ``Чебурашка`` -> ``cheburashka``."""

SHINGLE = 5
"""Characters a shingle. Lee et al. (2022) take 5 words, of documents; a prompt of 15 words would lose half of
those to one changed word."""


def folded(text: str) -> str:
    """Lower case, without accents, in plain letters: ``Œuvre d'Été`` -> ``oeuvre d'ete``, ``Ｅ𝐢ﬀel`` ->
    ``eiffel``. What is not seen (soft hyphens, zero-width signs, joiners) is gone, and so are letters of
    another script that stand for others (`catalogs.leaks.lookalikes`)."""
    if text.isascii():
        return text.lower()
    # Compatibility letters first: mathematical ones have no lower case of their own.
    plain = unicodedata.normalize("NFKD", _seen(text).casefold()).translate(SMALL_CAPITALS)
    kept = "".join(c for c in plain.translate(_LETTERS) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", kept)


def _seen(text: str) -> str:
    """What can be seen, in compatibility letters, every word in one script."""
    return unmixed("".join(c for c in unicodedata.normalize("NFKC", text) if not _is_unseen(c)))


def _is_unseen(character: str) -> bool:
    """Format characters, the grapheme joiner and variation selectors."""
    return (
        unicodedata.category(character) == "Cf" or character == "\u034f" or "\ufe00" <= character <= "\ufe0f"
    )


def romanised(text: str) -> str:
    """Cyrillic and Greek in Latin letters, folded; a text without either, folded."""
    composed = unicodedata.normalize("NFC", _seen(text).casefold())
    return folded(composed.translate(_ROMAN))


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
