"""Text search in a wiki by its own API: `action=query` with a search as generator and the lead as extract."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from catalogs.digests import digest_of, rounded
from catalogs.records import Hit, Origin, Passage
from workers.endpoint import CLIENTS, Call, Calls, Usage
from workers.endpoint.loop import start
from workers.endpoint.replies import decoded
from workers.meter import count_call
from workers.search.settings import TextSearchEndpoint

PROTOCOL = "1"
"""Raised when equal queries are put in other words, or answers are read otherwise."""

_QUERY = {
    "action": "query",
    "format": "json",
    "formatversion": "2",
    "generator": "search",
    "prop": "extracts|info",
    "exintro": "1",
    "explaintext": "1",
    "exlimit": "max",
    "inprop": "url",
}


class _Page(msgspec.Struct):
    title: str
    index: int
    fullurl: str
    extract: str = ""
    lastrevid: int = 0


class _Pages(msgspec.Struct):
    pages: list[_Page] = []


class _Answer(msgspec.Struct):
    query: _Pages = msgspec.field(default_factory=_Pages)


@dataclass(frozen=True)
class MediaWiki:
    """A `TextSearch` over one wiki a language, leads only."""

    settings: TextSearchEndpoint
    calls: Calls
    licence: str = "CC-BY-SA-4.0"
    """Of the wiki's text: Wikipedia's, since June 2023."""

    @property
    def name(self) -> str:
        return "mediawiki"

    @property
    def revision(self) -> str:
        return digest_of([PROTOCOL, self.licence])[:12]

    def search(self, query: str, language: str, top_k: int) -> list[Hit]:
        """At most `top_k` articles in the order of the wiki's ranking. Raises `EndpointError`."""
        base_url = self.settings.base_url.replace("{language}", language)
        endpoint = msgspec.structs.replace(self.settings, base_url=base_url)
        form = {**_QUERY, "gsrsearch": query, "gsrlimit": str(top_k)}
        call = Call(kind="search", path="api.php", model=language, method="GET", form=form, check=_used)
        recorded = start(CLIENTS.of(endpoint, self.calls).call(call)).result()
        count_call()
        pages = sorted(decoded(recorded.reply, _Answer).query.pages, key=lambda page: page.index)[:top_k]
        return [
            Hit(
                rank=rank,
                score=rounded(1 / rank),
                passage=Passage(
                    title=page.title,
                    language=language,
                    text=page.extract,
                    origin=Origin(
                        url=page.fullurl,
                        revision=str(page.lastrevid),
                        licence=self.licence,
                        author=f"Contributors to {page.title}",
                        fetched=recorded.when,
                    ),
                ),
            )
            for rank, page in enumerate(pages, start=1)
        ]


def _used(reply: bytes) -> Usage:
    decoded(reply, _Answer)
    return Usage(items=1)
