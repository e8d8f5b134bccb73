"""Names as they are compared: without article, without bracket, without case and accents."""

from __future__ import annotations

import re
import unicodedata

_ARTICLES = {
    "en": re.compile(r"^(?:an?|the)\s+", re.I),
    "fr": re.compile(r"^(?:une?|le|la|les|des)\s+|^l['’]\s*", re.I),
    "es": re.compile(r"^(?:una?|unos|unas|el|la|los|las)\s+", re.I),
}


def bare(noun: str, language: str) -> str:
    """`noun` without its article: ``tiger`` for "a tiger", ``tour Eiffel`` for "la tour Eiffel"."""
    article = _ARTICLES.get(language)
    return article.sub("", noun, count=1) if article else noun


def without_bracket(title: str) -> str:
    """A title without what tells it from others of its name: ``Orange`` for "Orange (fruit)"."""
    return re.sub(r"\s*\([^)]*\)", "", title).strip() or title


def bracket(title: str) -> str:
    """The words in brackets of a title: ``fruit`` for "Orange (fruit)"; empty where there are none."""
    found = re.search(r"\(([^)]*)\)", title)
    return found[1] if found else ""


def folded(text: str) -> str:
    """Words only, one space between them: no case, no accents, no punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c))))
