"""BabelNet's HTTP API: synsets of a word, a synset, the senses of a word, the edges that leave a synset.

The key comes from the environment and is kept nowhere. What was answered is kept, so that no request is paid
for twice.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from catalogs.records import Language
from sources.babelnet.answers import Edge, Sense, Synset, SynsetId, joined
from sources.babelnet.quota import Quota, QuotaSpentError
from sources.errors import SourceError
from sources.fetching.web import ApiError, Query, Web

T = TypeVar("T")

URL = "https://babelnet.io/v9"
KEY = "BABELNET_KEY"
"""Environment variable that holds the key."""

LICENCE = "LicenseRef-BabelNet-NC"
"""BabelNet's own terms (non-commercial); what a synset takes from elsewhere has its source's licence too."""

LANGUAGES_A_REQUEST = 3
"""More in one request are refused (the guide: "not more than 3 languages")."""


class MissingKeyError(SourceError):
    """No key is set."""


class _Refusal(msgspec.Struct):
    message: str = ""


@dataclass(frozen=True)
class BabelNet:
    """The API with a key's quota. All methods raise `QuotaSpentError`, `MissingKeyError` and `ApiError`."""

    web: Web
    quota: Quota
    url: str = URL

    def synset_ids(self, lemma: str, language: Language) -> list[SynsetId]:
        """Noun synsets that a word may mean."""
        query = {"lemma": lemma, "searchLang": language.upper(), "pos": "NOUN"}
        return self._ask("getSynsetIds", query, list[SynsetId])[0]

    def synset(self, synset_id: str, languages: Sequence[Language]) -> tuple[Synset, str]:
        """A synset with its texts in some languages, a request for each three; and when the first came."""
        answers = [
            self._ask("getSynset", {"id": synset_id, "targetLang": batch}, Synset)
            for start in range(0, len(languages), LANGUAGES_A_REQUEST)
            if (batch := tuple(one.upper() for one in languages[start : start + LANGUAGES_A_REQUEST]))
        ]
        return joined([part for part, _ in answers]), answers[0][1]

    def senses(self, lemma: str, language: Language) -> list[Sense]:
        """Everything that a word may mean, with the synset of each."""
        query = {"lemma": lemma, "searchLang": language.upper(), "pos": "NOUN"}
        return self._ask("getSenses", query, list[Sense])[0]

    def edges(self, synset_id: str) -> list[Edge]:
        """Relations that leave a synset."""
        return self._ask("getOutgoingEdges", {"id": synset_id}, list[Edge])[0]

    def _ask(self, what: str, query: Query, expected: type[T]) -> tuple[T, str]:
        key = os.environ.get(KEY, "")
        if not key:
            raise MissingKeyError(f"BabelNet needs a key: register at babelnet.org and set {KEY}")
        try:
            return self.web.ask(
                f"{self.url}/{what}",
                query,
                expected,
                check=self._check,
                secret={"key": key},
                before=lambda: self.quota.spend(what),
            )
        except ApiError as error:
            if error.kind == "forbidden":  # a refused key and a spent quota have one status
                raise self._refused() from None
            raise

    def _check(self, body: bytes) -> None:
        """Refusals come with status 403, and from older servers with 200."""
        if not body.startswith(b'{"message"'):
            return
        said = msgspec.json.decode(body, type=_Refusal).message
        if "limit" in said or "key" in said:
            raise self._refused()
        raise ApiError(f"{self.url} refuses: {said[:200]}")

    def _refused(self) -> QuotaSpentError:
        return QuotaSpentError(
            f"BabelNet refuses the key in {KEY}, or its quota is used up elsewhere "
            f"({self.quota.spent:,} requests from here today): look at the account, or run again tomorrow"
        )
