"""From a class of Wikidata to one of the twelve FactIP categories: the table `classes.csv` and its closure.

An item belongs to a category when it is an instance of a class in the table, or of a subclass of one however
far down. Where several rows fit, the first in the table decides, so that a deity of a video game is a deity.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from catalogs.categories import CATEGORIES, UNCATEGORISED
from catalogs.digests import digest
from sources.errors import BrokenTableError
from sources.wikidata.query import QueryService

PATH = Path(__file__).parent / "classes.csv"

BATCH = 100
"""Items a query; their numbers make up most of an address, which servers cut at 8 kB."""


@dataclass(frozen=True)
class ClassRow:
    """One line of the table."""

    qid: str
    label: str
    category: str


@dataclass(frozen=True)
class Category:
    """What an item is, and why."""

    domain: str
    rule: str
    """``wikidata:Q746549 dish``; ``wikidata:none`` where no row fits."""
    conflicts: tuple[str, ...] = ()
    """Other categories that rows fit, one row each: ``game by wikidata:Q7889 video game``. The order of the
    table has decided between them."""


@lru_cache(maxsize=1)
def table() -> tuple[ClassRow, ...]:
    """All rows in their order; raises `BrokenTableError`."""
    with PATH.open(newline="") as file:
        rows = tuple(ClassRow(row["qid"], row["label"], row["category"]) for row in csv.DictReader(file))
    for row in rows:
        if row.category not in CATEGORIES or not row.qid.removeprefix("Q").isdigit():
            raise BrokenTableError(
                f"{PATH}: {row.qid} {row.label!r} has no category of the twelve: correct it"
            )
    return rows


def table_revision() -> str:
    return digest(PATH.read_bytes())[:12]


def categories(service: QueryService, qids: Sequence[str]) -> dict[str, Category]:
    """The category of each item."""
    found: dict[str, set[str]] = {}
    roots = " ".join(f"wd:{row.qid}" for row in table())
    for start in range(0, len(qids), BATCH):
        items = " ".join(f"wd:{qid}" for qid in qids[start : start + BATCH])
        query = (
            f"SELECT DISTINCT ?item ?class WHERE {{ VALUES ?item {{ {items} }} VALUES ?class {{ {roots} }} "
            "?item wdt:P31/wdt:P279* ?class }"
        )
        for row in service.rows(query):
            found.setdefault(row["item"], set()).add(row["class"])
    return {qid: decide(found.get(qid, ())) for qid in qids}


def decide(classes: Iterable[str]) -> Category:
    """The category for the rows of the table that an item falls under."""
    under = set(classes)
    fitting = [row for row in table() if row.qid in under]
    if not fitting:
        return Category(UNCATEGORISED, "wikidata:none")
    first = fitting[0]
    others: dict[str, str] = {}
    for row in fitting:
        if row.category != first.category:
            others.setdefault(row.category, f"{row.category} by {_rule(row)}")
    return Category(first.category, _rule(first), tuple(others.values()))


def _rule(row: ClassRow) -> str:
    return f"wikidata:{row.qid} {row.label}"
