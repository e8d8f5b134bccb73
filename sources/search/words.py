"""How a text becomes words: the same for documents and queries, in any language and script.

Three steps. `prepared` makes one spelling of what is spelt in several ways, and cuts scripts that are written
without spaces into single characters and pairs; tantivy splits, lower-cases and folds accents; a stemmer
takes endings off where there is one for the language. Mixed texts are the rule (a Chinese name in an English
article), so the first step goes by the characters and not by the language."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Any

from catalogs.records import Language

VERSION = "2"
"""Raised whenever words are cut in another way; part of the revision of every index."""

STEMMERS: dict[Language, str] = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian", "nb": "norwegian", "nl": "dutch",
    "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""The Snowball stemmers that tantivy carries; words of other languages keep their endings."""

LONGEST = 40
"""Bytes of a word: what is longer is an address or a key, and is left out."""

_SPELLINGS = {
    **dict.fromkeys("أإآٱ", "ا"), "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه",  # Arabic and Persian letters
    "ё": "е", "Ё": "Е", "İ": "I",
    **dict(zip("άέήίόύώϊϋΐΰ", "αεηιουωιυιυ", strict=True)), **dict(zip("ΆΈΉΊΌΎΏ", "ΑΕΗΙΟΥΩ", strict=True)),
}  # fmt: skip
_UNSEEN = "\u00ad\u0640\u200b\u200c\u200d\u2060\ufeff"
"""Soft hyphen, Arabic tatweel, zero-width characters: they change how a word looks, not which word it is."""
_TABLE = {
    **{ord(letter): plain for letter, plain in _SPELLINGS.items()},
    **dict.fromkeys(map(ord, _UNSEEN)),
    # Vowel points (Arabic, Hebrew), viramas and nuktas (Indic), stray accents: optional, or, for tantivy, the
    # end of a word. Vowel signs that are letters of their own have the combining class 0 and stay.
    **{code: None for code in range(0x300, 0x1F000) if unicodedata.combining(chr(code))},
}

_ALTERED = frozenset(map(chr, _TABLE))
"""Most texts have none: to look first is 3.6 times as fast (a French text of 500 characters: 77 -> 21 us)."""

_UNSPACED = re.compile(
    "["
    "\u3005\u3007\u3040-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han, Kana
    "\U00020000-\U0003ffff"  # Han, rare
    "\u1100-\u11ff\uac00-\ud7af"  # Hangul: spaced, but particles cling to words
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "]+"
)


def prepared(text: str, *, query: bool = False) -> str:
    """A text as the analyzer takes it.

    Of a script without spaces, a document yields every character and every pair of neighbours (龙 is a word,
    and 龙舟 is one); a query yields the pairs, and a single character only where it stands alone."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text)
    if not _ALTERED.isdisjoint(text):
        text = text.translate(_TABLE)
    return _UNSPACED.sub(_pairs_of if query else _both, text)


def words(text: str, language: Language) -> list[str]:
    """The distinct words of a query, in their order."""
    return list(dict.fromkeys(analyzer(language).analyze(prepared(text, query=True))))


def told(text: str, language: Language) -> list[str]:
    """The words of a document, in their order."""
    return list(analyzer(language).analyze(prepared(text)))


def split(text: str) -> list[str]:
    """The words of a text as they are written, vowel signs of Indic scripts and joiners included, which to a
    regular expression are no letters."""
    return "".join(sign if _is_of_a_word(sign) else " " for sign in text).split()


@lru_cache(maxsize=8192)
def _is_of_a_word(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign)[0] == "M" or sign in "\u200c\u200d"


@lru_cache(maxsize=32)
def analyzer(language: Language) -> Any:
    """Words of at most `LONGEST` bytes, in lower case, without accents, stemmed.

    Accents go before stemming, so that a word typed without them finds the same articles.
    """
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    builder = builder.filter(tantivy.Filter.remove_long(LONGEST)).filter(tantivy.Filter.lowercase())
    builder = builder.filter(tantivy.Filter.ascii_fold())
    if language in STEMMERS:
        builder = builder.filter(tantivy.Filter.stemmer(STEMMERS[language]))
    return builder.build()


def _both(run: re.Match[str]) -> str:
    return f" {' '.join(run[0])} {_pairs(run[0])} "


def _pairs_of(run: re.Match[str]) -> str:
    return f" {_pairs(run[0]) or run[0]} "


def _pairs(text: str) -> str:
    return " ".join(first + second for first, second in pairwise(text))
