"""Names as they are compared: without article, without bracket, without case and accents."""

from __future__ import annotations

import re
import unicodedata

from catalogs.scripts import words
from workers.languages import grammar, languages


def bare(noun: str, language: str) -> str:
    """`noun` without its article: ``tiger`` for "a tiger", ``tour Eiffel`` for "la tour Eiffel"."""
    article = grammar(language, "articles", "") if language in languages() else ""
    return re.sub(rf"^(?:{article})", "", noun, count=1, flags=re.I) if article else noun


def without_bracket(title: str) -> str:
    """A title without what tells it from others of its name: ``Orange`` for "Orange (fruit)"."""
    return re.sub(r"\s*\([^)]*\)", "", title).strip() or title


def bracket(title: str) -> str:
    """The words in brackets of a title: ``fruit`` for "Orange (fruit)"; empty where there are none."""
    found = re.search(r"\(([^)]*)\)", title)
    return found[1] if found else ""


def folded(text: str) -> str:
    """Words only, one space between them: no case, no accents, no punctuation. Vowel signs of Indic scripts
    stay: they are letters in all but name."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(words("".join(c for c in plain if not unicodedata.combining(c))))
