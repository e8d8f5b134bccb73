"""Which FactIP category a page belongs to.

English pages are read by the rules of the ZIM source: over the first sentence and the labels of the infobox.
Where those say nothing, and in all other languages, the table `categories.csv` decides: words of infoboxes
and of the wiki's own categories in five scripts, the first row that fits.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from catalogs.categories import CATEGORIES, UNCATEGORISED
from catalogs.digests import digest
from sources.dumps.article import ARTICLE, Article
from sources.errors import BrokenTableError
from sources.zim.categories import NO_RULE, rule_for
from sources.zim.page import Page

PATH = Path(__file__).with_name("categories.csv")
_COLUMNS = ("en", "ru", "ar", "zh", "hi")

_CLASSES = {
    "album": "haudio", "taxobox": "biota", "speciesbox": "biota", "settlement": "ib-settlement",
    "food": "hrecipe",
}  # fmt: skip
"""Word of an infobox's name -> class of the HTML that it becomes, by which the rules of the ZIM source know
it."""
_LABELS = {
    "birth date": "Born", "birth place": "Born", "birth name": "Birth name", "director": "Directed by",
    "years active": "Years active",
}  # fmt: skip
"""Field of an infobox -> label that readers see."""


@dataclass(frozen=True)
class Category:
    """What a page is about, why, and how its picture is called in English."""

    domain: str
    rule: str
    noun: str = "{title}"


@dataclass(frozen=True)
class _Row:
    category: str
    rule: str
    box: re.Pattern[str]
    words: re.Pattern[str]


def category_of(title: str, article: Article, language: str) -> Category:
    """The category of a page; ``uncategorised`` for those that no rule fits, and for all but articles."""
    if article.kind != ARTICLE:
        return Category(UNCATEGORISED, f"dump:{article.kind}")
    if language == "en":
        rule = rule_for(title, _as_page(article))
        if rule is not NO_RULE:
            return Category(rule.category, f"dump:{rule.name}", rule.noun)
    rows = [_row_of_box(article.infobox), *map(_row_of_category, article.categories)]
    first = min(rows)
    if first == len(_table()):
        return Category(UNCATEGORISED, "dump:none")
    row = _table()[first]
    return Category(row.category, f"dump:{row.rule}")


@lru_cache(maxsize=4096)
def _row_of_box(name: str) -> int:
    """The first row of the table that fits an infobox; the number of its rows where none does."""
    fits = (number for number, row in enumerate(_table()) if name and row.box.search(name))
    return next(fits, len(_table()))


@lru_cache(maxsize=65_536)
def _row_of_category(name: str) -> int:
    """Likewise for a category of the wiki, which thousands of pages share."""
    said = name.casefold()
    return next((number for number, row in enumerate(_table()) if row.words.search(said)), len(_table()))


@lru_cache(maxsize=1)
def table_revision() -> str:
    return digest(PATH.read_bytes())[:12]


def _as_page(article: Article) -> Page:
    classes = (html for word, html in _CLASSES.items() if word in article.infobox)
    labels = (label for field, label in _LABELS.items() if field in article.fields)
    return Page(article.lead, (), frozenset(classes), tuple(labels), (), ())


@lru_cache(maxsize=1)
def _table() -> tuple[_Row, ...]:
    with PATH.open(encoding="utf-8", newline="") as file:
        rows = tuple(
            _Row(
                cells["category"],
                cells["rule"],
                _any([cells["box"]]),
                _any([cells[name] for name in _COLUMNS]),
            )
            for cells in csv.DictReader(file)
        )
    for row in rows:
        if row.category not in CATEGORIES:
            raise BrokenTableError(f"{PATH}: {row.category!r} is no category of the twelve: correct it")
    return rows


def _any(cells: list[str]) -> re.Pattern[str]:
    """One of the words of some cells. Words of Latin and Cyrillic begin where a word does."""
    words = [word for cell in cells for word in cell.split("|") if word]
    return re.compile(
        "|".join(rf"\b{re.escape(word)}" if word[0] < "\u0500" else re.escape(word) for word in words)
    )
