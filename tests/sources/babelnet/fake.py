"""A fake BabelNet: the four calls with the fields that version 9 answers, a key, and its daily quota.

Every word has a synset with a Wikipedia page and one without; the first has a kind, ``<word>-don``.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sources.babelnet.api import BabelNet
from sources.babelnet.encyclopedia import BabelNetEncyclopedia
from sources.babelnet.quota import Quota
from sources.fetching.settings import FetchSettings
from sources.fetching.web import Web
from tests.fakes.http import Reply, Request, send, send_broken
from tests.fakes.routes import png
from tests.fakes.server import Fake

SECRET = "a-secret-key"
WORDS = ("katsudon", "ramen", "udon")
REFUSAL = (
    "Your key is not valid or the daily requests limit has been reached. Please visit http://babelnet.org."
)


@dataclass
class FakeBabelNet(Fake):
    """The key is refused once `granted` requests were answered."""

    granted: int = 1000
    nameless: str = ""
    """A language in which nothing has a name."""
    asked: Counter[str] = field(default_factory=Counter)
    """Answered requests by call; those that a fault took are not among them."""

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        fault = self.faults.next(request.identity)
        if fault:
            return await send_broken(writer, Reply.of([]), fault, "0.001")
        await send(writer, self.answer(request))
        return True

    def answer(self, request: Request) -> Reply:
        if request.path.startswith("/pictures/"):
            return Reply(png(request.path), "image/png")
        call = request.path.removeprefix("/v9/")
        answers = {
            "getSynsetIds": self._synset_ids,
            "getSynset": self._synset,
            "getSenses": self._senses,
            "getOutgoingEdges": self._edges,
        }
        if call not in answers:
            return Reply(b"", "text/plain", 404)
        self.asked[call] += 1
        if request.query.get("key") != SECRET or self.asked.total() > self.granted:
            return Reply.of({"message": REFUSAL}, 403)
        return Reply.of(answers[call](request))

    def _synset_ids(self, request: Request) -> list[dict[str, str]]:
        assert request.query["searchLang"].isupper()
        assert request.query["pos"] == "NOUN"
        return [synset_id(f"bn:{request.query['lemma']}{number}n") for number in "12"]

    def _senses(self, request: Request) -> list[dict[str, Any]]:
        language = request.query["searchLang"]
        return [
            sense
            for one in self._synset_ids(request)
            for sense in senses(one["id"], [language])
            if sense["properties"]["source"] != "WIKIDATA"
        ]

    def _edges(self, request: Request) -> list[dict[str, Any]]:
        known = request.query["id"]
        if not known.endswith("1n"):
            return []
        return [
            edge(f"{known[:-2]}-don2n", "~", "Hyponym", "has-kind", "HYPONYM"),
            edge("bn:00021497n", "@", "Hypernym", "is-a", "HYPERNYM"),
            edge("bn:00085337v", "r", "Gloss related form", "related", "OTHER"),
        ]

    def _synset(self, request: Request) -> dict[str, Any]:
        known = request.query["id"]
        languages = [value for name, value in request.fields if name == "targetLang"] or ["EN"]
        assert len(languages) <= 3, "the guide: not more than three languages"
        word = word_of(known)
        return {
            "senses": senses(known, [one for one in languages if one != self.nameless.upper()]),
            "wnOffsets": [],
            "glosses": [
                {
                    "source": "WIKI",
                    "sourceSense": 7,
                    "language": one,
                    "gloss": f"{word} is eaten hot, says {one}",
                    "token": [],
                }
                for one in languages
                if one != "ZH"
            ],
            "examples": [],
            "images": [
                image(f"{self.address}/bad.png", "bad", bad=True),
                image(f"{self.address}/gone.png", "gone"),
                image(f"{self.address}/pictures/{word}.png", f"{word}.png"),
            ],
            "synsetType": "CONCEPT",
            "categories": [{"category": "Japanese_cuisine", "language": "EN"}],
            "translations": {},
            "domains": {"FOOD_DRINK_AND_TASTE": 0.9, "ANIMALS": 0.2, "UNHEARD_OF": 1.0},
            "lnToCompound": {},
            "lnToOtherForm": {},
            "filterLangs": languages,
            "bkeyConcepts": False,
        }


def word_of(known: str) -> str:
    return known[3:-2].title()


def synset_id(known: str) -> dict[str, str]:
    return {"id": known, "pos": "NOUN", "source": "BABELNET"}


def senses(known: str, languages: list[str]) -> list[dict[str, Any]]:
    word = word_of(known)
    found = []
    for language in languages:
        name = word if language == "EN" else f"{word}_{language.lower()}"
        found.append(sense(known, "WNTR", language, f"machine_{name}", f"machine_{name}", ""))
        found.append(sense(known, "OMWN", language, name, name, "1"))
        if known.endswith("1n"):
            found.append(sense(known, "WIKI", language, f"{name}_(dish)", name, "99"))
            found.append(sense(known, "WIKIRED", language, f"{name}_bowl", f"{name}_bowl", "98"))
            found.append(sense(known, "WIKIDATA", language, name, name, f"Q{len(word)}"))
    return found


def sense(known: str, source: str, language: str, full: str, simple: str, key: str) -> dict[str, Any]:
    properties = {
        "fullLemma": full,
        "simpleLemma": simple,
        "source": source,
        "senseKey": key,
        "frequency": 0,
        "language": language,
        "pos": "NOUN",
        "synsetID": synset_id(known),
        "translationInfo": "",
        "pronunciations": {"audios": [], "transcriptions": []},
        "bKeySense": False,
        "idSense": 36201886,
    }
    return {"type": "BabelSense", "properties": properties}


def image(url: str, name: str, *, bad: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "languages": ["EN"],
        "urlSource": "WIKICOMMONS",
        "license": "UNKNOWN",
        "thumbUrl": url,
        "url": url,
        "badImage": bad,
    }


def edge(target: str, symbol: str, name: str, short: str, group: str) -> dict[str, Any]:
    pointer = {
        "fSymbol": symbol,
        "name": name,
        "shortName": short,
        "relationGroup": group,
        "isAutomatic": False,
    }
    return {"language": "MUL", "pointer": pointer, "target": target, "weight": 0.0, "normalizedWeight": 0.0}


def opened(
    fake: FakeBabelNet,
    folder: Path,
    *,
    daily: int = 1000,
    day: str = "2026-08-01",
    languages: tuple[str, ...] = ("en",),
    kinds: int = 0,
    named_by: tuple[str, ...] = (),
) -> BabelNetEncyclopedia:
    settings = FetchSettings(
        allowed_hosts=("127.0.0.1",), back_off=0.001, contact="me@test.org", api_seconds=0.5, seconds=0.5
    )
    quota = Quota(str(folder / "quota"), daily, lambda: day)
    babelnet = BabelNet(Web(str(folder), settings), quota, f"{fake.address}/v9")
    return BabelNetEncyclopedia(babelnet, WORDS, languages, kinds, named_by)
