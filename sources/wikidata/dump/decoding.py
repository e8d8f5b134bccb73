"""Entities of the dump, decoded as far as they are wanted: of hundreds of properties, a dozen are read.

The shape is that of wikitech's "Wikibase/JSON": a map that holds nothing may be written as an empty list, a
statement of "unknown" or "no value" has no datavalue, and the older dumps name items by number alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from catalogs.records import Language
from sources.wikidata.wikis import language_of_wiki

EXTERNAL = {
    "P2581": "babelnet",
    "P646": "freebase",
    "P1566": "geonames",
    "P846": "gbif",
    "P345": "imdb",
    "P434": "musicbrainz",
    "P214": "viaf",
}
"""Property -> what `EntityRef.identifiers` calls it."""


class _Id(msgspec.Struct):
    """A value that names an entity; other values with parts (times, texts, places) decode to an empty one."""

    id: str = ""
    number: int = msgspec.field(default=0, name="numeric-id")


class _Value(msgspec.Struct):
    value: str | _Id | None = None


class _Snak(msgspec.Struct):
    datavalue: _Value | None = None


class _Statement(msgspec.Struct):
    mainsnak: _Snak
    rank: str = "normal"


_Statements = list[_Statement]


class _Claims(msgspec.Struct):
    """Statements by property; all others are skipped unread."""

    P31: _Statements = []
    P279: _Statements = []
    P18: _Statements = []
    P17: _Statements = []
    P495: _Statements = []
    P27: _Statements = []
    P297: _Statements = []
    P2581: _Statements = []
    P646: _Statements = []
    P1566: _Statements = []
    P846: _Statements = []
    P345: _Statements = []
    P434: _Statements = []
    P214: _Statements = []


class _Text(msgspec.Struct):
    value: str


class _Site(msgspec.Struct):
    title: str


_Nothing = list[msgspec.Raw]


class _Entity(msgspec.Struct):
    id: str
    type: str = "item"
    lastrevid: int = 0
    modified: str = ""
    labels: dict[str, _Text] | _Nothing = {}
    descriptions: dict[str, _Text] | _Nothing = {}
    aliases: dict[str, list[_Text]] | _Nothing = {}
    claims: _Claims | _Nothing = msgspec.field(default_factory=_Claims)
    sitelinks: dict[str, _Site] | _Nothing = {}


class Extract(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What is kept of an item."""

    qid: int
    labels: dict[Language, str]
    """``mul`` stands for all languages that have none of their own."""
    descriptions: dict[Language, str]
    aliases: dict[Language, list[str]]
    classes: list[int]
    """Items that it is an instance of (P31), preferred ones first, deprecated ones left out; as all below."""
    parents: list[int]
    """Items that it is a subclass of (P279)."""
    pictures: list[str]
    """File names on Commons (P18)."""
    countries: list[int]
    """Items: of the place, the origin, or the person's citizenship."""
    code: str
    """ISO 3166-1 code (P297) of an item that is a country."""
    articles: dict[Language, str]
    """Title of its article in each Wikipedia."""
    sitelinks: int
    """Pages about it in all Wikimedia projects."""
    identifiers: dict[str, str]
    """As `EXTERNAL` names them."""
    revision: int
    modified: str


_decoder = msgspec.json.Decoder(_Entity)


def extract(line: bytes) -> Extract | None:
    """The item in a line of the dump; None for a line without one (brackets, properties).

    Raises `msgspec.DecodeError` for a line that is damaged.
    """
    text = line.strip().removesuffix(b",")
    if not text.startswith(b"{"):
        return None
    entity = _decoder.decode(text)
    if entity.type != "item" or not entity.id[1:].isdigit():
        return None
    claims = entity.claims if isinstance(entity.claims, _Claims) else _Claims()
    links = entity.sitelinks if isinstance(entity.sitelinks, dict) else {}
    places = (claims.P17, claims.P495, claims.P27)
    identifiers = {
        name: values[0] for number, name in EXTERNAL.items() if (values := _texts(getattr(claims, number)))
    }
    if "babelnet" in identifiers:
        identifiers["babelnet"] = "bn:" + identifiers["babelnet"].removeprefix("bn:")
    return Extract(
        qid=int(entity.id[1:]),
        labels=_plain(entity.labels),
        descriptions=_plain(entity.descriptions),
        aliases=_lists(entity.aliases),
        classes=_items(claims.P31),
        parents=_items(claims.P279),
        pictures=_texts(claims.P18),
        countries=list(dict.fromkeys(item for place in places for item in _items(place))),
        code=next(iter(_texts(claims.P297)), ""),
        articles={
            language: links[site].title for site in sorted(links) if (language := language_of_wiki(site))
        },
        sitelinks=len(links),
        identifiers=identifiers,
        revision=entity.lastrevid,
        modified=entity.modified,
    )


def _plain(texts: dict[str, _Text] | _Nothing) -> dict[str, str]:
    return {one: texts[one].value for one in sorted(texts)} if isinstance(texts, dict) else {}


def _lists(texts: dict[str, list[_Text]] | _Nothing) -> dict[str, list[str]]:
    if not isinstance(texts, dict):
        return {}
    return {one: [text.value for text in texts[one]] for one in sorted(texts)}


def _best(statements: Sequence[_Statement]) -> list[str | _Id]:
    """Values, those of preferred rank first, deprecated ones left out."""
    stated = [one for one in statements if one.rank != "deprecated" and one.mainsnak.datavalue]
    stated.sort(key=lambda one: one.rank != "preferred")
    return [value for one in stated if one.mainsnak.datavalue and (value := one.mainsnak.datavalue.value)]


def _texts(statements: Sequence[_Statement]) -> list[str]:
    return list(dict.fromkeys(value for value in _best(statements) if isinstance(value, str)))


def _items(statements: Sequence[_Statement]) -> list[int]:
    numbers = []
    for value in _best(statements):
        if isinstance(value, _Id):
            number = value.number or int(value.id[1:] if value.id[1:].isdigit() else 0)
            if number:
                numbers.append(number)
    return list(dict.fromkeys(numbers))
