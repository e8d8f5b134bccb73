"""A Wikidata JSON dump in the shape of the real one: a list, an entity a line, each line but the last ending
in a comma, empty maps as lists where PHP writes them so."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

Json = dict[str, Any]


def snak(number: str, value: object, kind: str) -> Json:
    return {
        "snaktype": "value",
        "property": number,
        "hash": "0" * 40,
        "datavalue": {"value": value, "type": kind},
        "datatype": {"string": "external-id"}.get(kind, "wikibase-item"),
    }


def statement(number: str, value: str | None, rank: str = "normal") -> Json:
    """`value` is an item where it looks like one; None stands for an unknown value."""
    if value is None:
        main: Json = {"snaktype": "somevalue", "property": number, "hash": "0" * 40}
    elif value[:1] == "Q" and value[1:].isdigit():
        entity = {"entity-type": "item", "numeric-id": int(value[1:]), "id": value}
        main = snak(number, entity, "wikibase-entityid")
    else:
        main = snak(number, value, "string")
    reference = {
        "hash": "1" * 40,
        "snaks": {
            "P813": [snak("P813", {"time": "+2020-01-01T00:00:00Z", "timezone": 0, "precision": 11}, "time")]
        },
        "snaks-order": ["P813"],
    }
    return {
        "mainsnak": main,
        "type": "statement",
        "id": f"{number}$1",
        "rank": rank,
        "qualifiers": {"P580": [snak("P580", {"time": "+2001-00-00T00:00:00Z"}, "time")]},
        "references": [reference],
    }


def item(
    qid: str,
    labels: dict[str, str] | None = None,
    *,
    claims: dict[str, Sequence[str | None]] | None = None,
    links: dict[str, str] | None = None,
    descriptions: dict[str, str] | None = None,
    aliases: dict[str, list[str]] | None = None,
) -> Json:
    def texts(given: dict[str, str] | None) -> Any:
        return {one: {"language": one, "value": text} for one, text in (given or {}).items()} or []

    population = {"amount": "+1", "unit": "1"}
    stated = {
        number: [statement(number, value) for value in values] for number, values in (claims or {}).items()
    }
    return {
        "type": "item",
        "id": qid,
        "labels": texts(labels),
        "descriptions": texts(descriptions),
        "aliases": {
            one: [{"language": one, "value": text} for text in several]
            for one, several in (aliases or {}).items()
        }
        or [],
        "claims": {
            **stated,
            "P1082": [{"mainsnak": snak("P1082", population, "quantity"), "rank": "normal"}],
        },
        "sitelinks": {
            site: {"site": site, "title": title, "badges": []} for site, title in (links or {}).items()
        }
        or [],
        "pageid": 7,
        "ns": 0,
        "title": qid,
        "lastrevid": 1000 + int(qid[1:]),
        "modified": "2026-01-01T00:00:00Z",
    }


WORLD: tuple[Json, ...] = (
    item("Q746549", {"en": "dish"}, claims={"P279": ["Q2095"]}, links={"enwiki": "Dish (food)"}),
    item("Q2095", {"en": "food"}, links={"enwiki": "Food"}),
    item("Q13233", {"en": "rice bowl dish"}, claims={"P279": ["Q746549", "Q13234"]}),
    # A circle, as there are some in Wikidata.
    item("Q13234", {"en": "donburi"}, claims={"P279": ["Q13233"]}),
    item(
        "Q17",
        {"en": "Japan", "fr": "Japon"},
        claims={"P31": ["Q6256"], "P297": ["JP"]},
        links={"enwiki": "Japan"},
    ),
    item(
        "Q1001",
        {"en": "katsudon", "fr": "katsudon", "en-gb": "katsudon", "ja": "カツ丼"},
        claims={
            "P31": ["Q13234"],
            "P18": ["Katsudon.jpg"],
            "P495": ["Q17"],
            "P2581": ["00077777n"],
            "P2046": [None],
        },
        links={
            "enwiki": "Katsudon",
            "frwiki": "Katsudon",
            "jawiki": "カツ丼",
            "commonswiki": "Category:Katsudon",
        },
        descriptions={"en": "Japanese bowl of rice and pork", "fr": "bol de riz japonais"},
        aliases={"en": ["pork cutlet bowl"]},
    ),
    item(
        "Q1002",
        {"mul": "Sakana-kun"},
        claims={"P31": ["Q5", "Q15632617"], "P27": ["Q17"]},
        links={"jawiki": "さかなクン"},
        descriptions={"en": "Japanese fish expert"},
    ),
    item("Q1003", {"en": "nothing to see"}, claims={"P31": ["Q746549"]}),
    item("Q1004", claims={"P31": ["Q746549"], "P18": ["X.jpg"]}),
    item("Q1005", {"en": "Template:Bowl"}, claims={"P31": ["Q11266439"]}, links={"enwiki": "Template:Bowl"}),
    {"type": "property", "id": "P31", "datatype": "wikibase-item", "labels": {}, "claims": []},
    item(
        "Q1006",
        {"en": "Thor"},
        claims={"P31": ["Q1569167", "Q178885"]},
        links={"enwiki": "Thor", "dewiki": "Thor"},
    ),
)
"""Three entities of the twelve categories (katsudon, Sakana-kun, Thor), classes, and what is passed over."""


def dump_text(entities: Sequence[Json] = WORLD) -> bytes:
    lines = ",\n".join(json.dumps(one, ensure_ascii=True, separators=(",", ":")) for one in entities)
    return f"[\n{lines}\n]\n".encode()


def zstd(data: bytes) -> bytes:
    packed: bytes = pa.Codec("zstd").compress(data, asbytes=True)
    return packed


def write_dump(path: Path, entities: Sequence[Json] = WORLD) -> Path:
    """Compressed as the name says; in several streams, as parallel compressors write them."""
    text = dump_text(entities)
    half = len(text) // 2
    packers = {".bz2": bz2.compress, ".gz": gzip.compress, ".zst": zstd}
    pack = packers.get(path.suffix)
    path.write_bytes(pack(text[:half]) + pack(text[half:]) if pack else text)
    return path
