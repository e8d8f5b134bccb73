"""The hand-written table that ties articles to drawings and to the FactIP categories, as typed rows."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

import msgspec

from catalogs.categories import CATEGORIES, UNCATEGORISED
from catalogs.digests import digest, entity_id
from catalogs.records import Language, Name
from sources.errors import BrokenTableError
from sources.sample_world import packages

PATH = Path(__file__).with_name("entities.csv")


class TableRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entity: its drawing, its category, and how it is named in each language that has an article."""

    entity_id: str
    hexcode: str
    domain: str
    names: tuple[Name, ...]
    """English first; the title of each is the title of the article."""

    @property
    def title(self) -> str:
        return self.names[0].title

    def name(self, language: Language) -> Name | None:
        return next((name for name in self.names if name.language == language), None)


@lru_cache(maxsize=1)
def rows() -> tuple[TableRow, ...]:
    """All rows in the order of the table; raises `BrokenTableError`."""
    with PATH.open(encoding="utf-8", newline="") as handle:
        return tuple(_row(cells) for cells in csv.DictReader(handle))


@lru_cache(maxsize=1)
def by_hexcode() -> dict[str, TableRow]:
    return {row.hexcode: row for row in rows()}


@lru_cache(maxsize=1)
def by_entity() -> dict[str, TableRow]:
    return {row.entity_id: row for row in rows()}


@lru_cache(maxsize=1)
def revision() -> str:
    """Digest of the table's bytes."""
    return digest(PATH.read_bytes())[:12]


def _row(cells: dict[str, str]) -> TableRow:
    title = cells["title_en"]
    if not title or not cells["hexcode"]:
        raise BrokenTableError(
            f"{PATH.name}: a row without an English title or a drawing: {cells}; complete it"
        )
    category = cells["category"]
    return TableRow(
        entity_id=entity_id(f"wikipedia:en:{title}"),
        hexcode=cells["hexcode"],
        domain=category if category in CATEGORIES else UNCATEGORISED,
        names=tuple(_name(cells, language) for language in packages.LANGUAGES if cells[f"title_{language}"]),
    )


def _name(cells: dict[str, str], language: Language) -> Name:
    aliases = cells.get(f"alias_{language}") or ""
    return Name(
        language=language,
        title=cells[f"title_{language}"],
        noun=cells[f"noun_{language}"],
        plural=cells[f"plural_{language}"],
        gender=cells.get(f"gender_{language}") or "",
        aliases=[alias for alias in aliases.split("|") if alias],
    )
