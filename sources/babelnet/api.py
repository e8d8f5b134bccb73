"""BabelNet's HTTP API: synsets of a word, a synset, the senses of a word, the edges that leave a synset.

The key comes from the environment and is kept nowhere. What was answered is kept, so that no request is paid
for twice.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from sources.babelnet.quota import Quota, QuotaSpentError
from sources.errors import SourceError
from sources.fetching.web import ApiError, Web

T = TypeVar("T")

URL = "https://babelnet.io/v9"
KEY = "BABELNET_KEY"
"""Environment variable that holds the key."""

DAILY = 1000
"""Requests a day of a free key, as BabelNet grants them to whoever registers."""

LICENCE = "LicenseRef-BabelNet-NC"
"""BabelNet's own terms (non-commercial); what a synset takes from elsewhere has its source's licence too."""


class MissingKeyError(SourceError):
    """No key is set."""


class SynsetId(msgspec.Struct):
    """One answer of getSynsetIds."""

    id: str
    pos: str = "NOUN"


class _Properties(msgspec.Struct):
    fullLemma: str = ""  # noqa: N815 - BabelNet's names
    simpleLemma: str = ""  # noqa: N815
    language: str = ""
    source: str = ""
    senseKey: str = ""  # noqa: N815


class Sense(msgspec.Struct):
    """A lexicalisation of a synset."""

    properties: _Properties


class Gloss(msgspec.Struct):
    """A definition of a synset."""

    gloss: str
    language: str
    source: str = ""


class Image(msgspec.Struct):
    """A picture of a synset."""

    url: str
    name: str = ""
    languages: list[str] = []
    urlSource: str = ""  # noqa: N815


class Synset(msgspec.Struct):
    """One answer of getSynset."""

    senses: list[Sense] = []
    glosses: list[Gloss] = []
    images: list[Image] = []
    domains: dict[str, float] = {}
    synsetType: str = ""  # noqa: N815

    def page(self, source: str) -> str:
        """What a resource calls the synset: title for ``WIKI``, item for ``WIKIDATA``; empty for none.

        English titles come first, so that the same synset names the same page always.
        """
        named = [one.properties for one in self.senses if one.properties.source == source]
        named.sort(key=lambda one: (one.language != "EN", one.language, one.fullLemma))
        if not named:
            return ""
        return named[0].senseKey if source == "WIKIDATA" else named[0].fullLemma.replace("_", " ")


class _Pointer(msgspec.Struct):
    name: str = ""
    shortName: str = ""  # noqa: N815


class Edge(msgspec.Struct):
    """A relation to another synset."""

    target: str
    language: str = ""
    pointer: _Pointer = msgspec.field(default_factory=_Pointer)


class _Refusal(msgspec.Struct):
    message: str = ""


@dataclass(frozen=True)
class BabelNet:
    """The API with a key's quota."""

    web: Web
    quota: Quota
    url: str = URL

    def synset_ids(self, lemma: str, language: str) -> list[SynsetId]:
        """Noun synsets that a word may mean."""
        query = {"lemma": lemma, "searchLang": language.upper(), "pos": "NOUN"}
        return self._ask("getSynsetIds", query, list[SynsetId])[0]

    def synset(self, synset_id: str, language: str) -> tuple[Synset, str]:
        """A synset with its texts in one language, and when it was answered."""
        return self._ask("getSynset", {"id": synset_id, "targetLang": language.upper()}, Synset)

    def senses(self, lemma: str, language: str) -> list[Sense]:
        query = {"lemma": lemma, "searchLang": language.upper(), "pos": "NOUN"}
        return self._ask("getSenses", query, list[Sense])[0]

    def edges(self, synset_id: str) -> list[Edge]:
        """Relations that leave a synset."""
        return self._ask("getOutgoingEdges", {"id": synset_id}, list[Edge])[0]

    def _ask(self, what: str, query: dict[str, str], expected: type[T]) -> tuple[T, str]:
        key = os.environ.get(KEY, "")
        if not key:
            raise MissingKeyError(f"BabelNet needs a key: register at babelnet.org and set {KEY}")
        url = f"{self.url}/{what}"
        try:
            return self.web.ask(
                url, query, expected, check=self._check, secret={"key": key}, before=self.quota.spend
            )
        except ApiError as error:
            if "(forbidden" in str(error):  # a refused key and a spent quota have one status
                raise QuotaSpentError(
                    f"BabelNet refuses the key in {KEY}, or its quota is used up elsewhere "
                    f"({self.quota.spent:,} requests from here today): look at the account, "
                    "or run again tomorrow"
                ) from None
            raise

    def _check(self, body: bytes) -> None:
        if not body.startswith(b'{"message"'):
            return
        said = msgspec.json.decode(body, type=_Refusal).message
        if "limit" in said or "key" in said:
            raise self.quota.exhausted(self.quota.spent)
        raise ApiError(f"{self.url} refuses: {said[:200]}")
