"""Items of Wikidata: names in all languages, classes, picture, country, popularity; fifty a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from catalogs.records import Language
from sources.fetching.web import Web
from sources.mediawiki.api import Wiki
from sources.wikidata.wikis import language_of_wiki

API = "https://www.wikidata.org/w/api.php"

BATCH = 50
"""Items a request, the most that a wiki takes from anybody."""

INSTANCE_OF, PICTURE, COUNTRY, COUNTRY_OF_ORIGIN, CITIZENSHIP = "P31", "P18", "P17", "P495", "P27"


class _Text(msgspec.Struct):
    language: str
    value: str


class _Site(msgspec.Struct):
    title: str


class _Entity(msgspec.Struct):
    """As `wbgetentities` answers it. Claims stay raw: of hundreds, five are read."""

    missing: str | None = None
    lastrevid: int = 0
    labels: dict[str, _Text] = {}
    aliases: dict[str, list[_Text]] = {}
    claims: dict[str, msgspec.Raw] = {}
    sitelinks: dict[str, _Site] = {}


@dataclass(frozen=True)
class Item:
    """One item."""

    qid: str
    labels: Mapping[Language, str]
    aliases: Mapping[Language, tuple[str, ...]]
    classes: tuple[str, ...]
    """Items that it is an instance of (P31), as stated."""
    pictures: tuple[str, ...]
    """File names on Commons (P18), preferred ones first."""
    countries: tuple[str, ...]
    """Items: of the place, the origin, or the person's citizenship."""
    articles: Mapping[Language, str]
    """Title of its article in each Wikipedia."""
    sitelinks: int
    """Pages about it in all Wikimedia projects: how well known it is."""
    revision: str
    when: str

    @property
    def title(self) -> str:
        """English where there is one, else by the first language in alphabetical order."""
        return self.labels.get("en") or next((self.labels[one] for one in sorted(self.labels)), self.qid)


def items(web: Web, qids: Sequence[str], api: str = API) -> dict[str, Item]:
    """Items by number; numbers without an item are left out, merged ones stand under the number asked for."""
    found: dict[str, Item] = {}
    for start in range(0, len(qids), BATCH):
        asked = {"action": "wbgetentities", "ids": "|".join(qids[start : start + BATCH])}
        reply, when = Wiki(api, web).ask(**asked, props="info|labels|aliases|claims|sitelinks")
        answered = msgspec.json.decode(reply.entities, type=dict[str, _Entity])
        found.update({qid: _item(qid, one, when) for qid, one in answered.items() if one.missing is None})
    return found


def _item(qid: str, entity: _Entity, when: str) -> Item:
    wikis = {
        language: link.title
        for site, link in sorted(entity.sitelinks.items())
        if (language := language_of_wiki(site))
    }
    places = [_values(entity, name) for name in (COUNTRY, COUNTRY_OF_ORIGIN, CITIZENSHIP)]
    return Item(
        qid=qid,
        labels={language: text.value for language, text in sorted(entity.labels.items())},
        aliases={
            language: tuple(text.value for text in texts)
            for language, texts in sorted(entity.aliases.items())
        },
        classes=tuple(_values(entity, INSTANCE_OF)),
        pictures=tuple(_values(entity, PICTURE)),
        countries=tuple(dict.fromkeys(place for several in places for place in several)),
        articles=wikis,
        sitelinks=len(entity.sitelinks),
        revision=str(entity.lastrevid),
        when=when,
    )


def _values(entity: _Entity, name: str) -> list[str]:
    """Main values of a property, those of preferred rank first, deprecated ones left out."""
    if name not in entity.claims:
        return []
    ranked: list[tuple[bool, str]] = []
    for claim in msgspec.json.decode(entity.claims[name]):
        value: Any = claim.get("mainsnak", {}).get("datavalue", {}).get("value")
        if value is None or claim.get("rank") == "deprecated":
            continue  # "unknown" and "no value" have no datavalue
        text = value.get("id", "") if isinstance(value, dict) else str(value)
        if text:
            ranked.append((claim.get("rank") != "preferred", text))
    return [text for _, text in sorted(ranked, key=lambda pair: pair[0])]
