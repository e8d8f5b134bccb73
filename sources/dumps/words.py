"""The words of wikitext in many languages: the table `words.toml`, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from catalogs.digests import digest

PATH = Path(__file__).with_name("words.toml")


@dataclass(frozen=True)
class Words:
    """What the table holds; all in lower case."""

    file: frozenset[str]
    category: frozenset[str]
    option: frozenset[str]
    infobox: tuple[str, ...]
    disambiguation: frozenset[str]
    list: tuple[str, ...]
    list_end: tuple[str, ...]
    end_matter: frozenset[str]
    caption: tuple[str, ...]
    shown: dict[str, int]
    spaced: dict[str, int]
    listed: frozenset[str]
    written: dict[str, str]


@lru_cache(maxsize=1)
def words() -> Words:
    table = tomllib.loads(PATH.read_text(encoding="utf-8"))
    return Words(
        file=frozenset(table["file"]),
        category=frozenset(table["category"]),
        option=frozenset(table["option"]),
        infobox=tuple(table["infobox"]),
        disambiguation=frozenset(table["disambiguation"]),
        list=tuple(table["list"]),
        list_end=tuple(table["list_end"]),
        end_matter=frozenset(table["end_matter"]),
        caption=tuple(table["caption"]),
        shown=table["shown"],
        spaced=table["spaced"],
        listed=frozenset(table["listed"]),
        written=table["written"],
    )


@lru_cache(maxsize=1)
def words_revision() -> str:
    return digest(PATH.read_bytes())[:12]
