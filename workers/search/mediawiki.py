"""A wiki by its own API: text search (`action=query` with a search as generator and the lead as extract), and
the reading of a whole article (the extract of one title)."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from catalogs.digests import digest_of, rounded
from catalogs.records import Hit, Origin, Passage
from workers.endpoint import CLIENTS, Call, Calls, Usage
from workers.endpoint.journal import ANSWERED
from workers.endpoint.loop import start
from workers.endpoint.replies import decoded
from workers.meter import count_call
from workers.search.settings import TextSearchEndpoint
from workers.tools import FetchError

PROTOCOL = "1"
"""Raised when equal queries are put in other words, or answers are read otherwise."""

_QUERY = {
    "action": "query",
    "format": "json",
    "formatversion": "2",
    "prop": "extracts|info",
    "explaintext": "1",
    "exlimit": "max",
    "inprop": "url",
}
_SEARCH = {**_QUERY, "generator": "search", "exintro": "1"}


class _Page(msgspec.Struct):
    title: str
    index: int = 0
    fullurl: str = ""
    extract: str = ""
    lastrevid: int = 0


class _Pages(msgspec.Struct):
    pages: list[_Page] = []


class _Answer(msgspec.Struct):
    query: _Pages = msgspec.field(default_factory=_Pages)


@dataclass(frozen=True)
class MediaWiki:
    """A `TextSearch` over the leads of one wiki a language, and a `PageReader` of its articles."""

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
        """See `asearch`."""
        return start(self.asearch(query, language, top_k)).result()

    async def asearch(self, query: str, language: str, top_k: int) -> list[Hit]:
        """At most `top_k` articles in the order of the wiki's ranking. Raises `EndpointError`."""
        form = {**_SEARCH, "gsrsearch": query, "gsrlimit": str(top_k)}
        pages, when = await self._pages("search", form, language)
        ranked = sorted(pages, key=lambda page: page.index)[:top_k]
        return [
            Hit(rank=rank, score=rounded(1 / rank), passage=self._passage(page, language, when))
            for rank, page in enumerate(ranked, start=1)
        ]

    def read(self, found: Passage) -> Passage:
        """See `aread`."""
        return start(self.aread(found)).result()

    async def aread(self, found: Passage) -> Passage:
        """The whole article that a lead opens; raises `FetchError` where it is gone, or `EndpointError`."""
        pages, when = await self._pages("read", {**_QUERY, "titles": found.title}, found.language)
        if not pages or not pages[0].extract.strip():
            raise FetchError("not-found", found.title)
        return self._passage(pages[0], found.language, when)

    async def _pages(self, kind: str, form: dict[str, str], language: str) -> tuple[list[_Page], str]:
        """The pages of an answer, and when it was given; none where there is no answer."""
        base_url = self.settings.base_url.replace("{language}", language)
        endpoint = msgspec.structs.replace(self.settings, base_url=base_url)
        call = Call(kind=kind, path="api.php", model=language, method="GET", form=form, check=_used)
        recorded = await CLIENTS.of(endpoint, self.calls).call(call)
        count_call()
        answered = recorded.status == ANSWERED
        return decoded(recorded.reply, _Answer).query.pages if answered else [], recorded.when

    def _passage(self, page: _Page, language: str, when: str) -> Passage:
        origin = Origin(
            url=page.fullurl,
            revision=str(page.lastrevid),
            licence=self.licence,
            author=f"Contributors to {page.title}",
            fetched=when,
        )
        return Passage(title=page.title, language=language, text=page.extract, origin=origin)


def _used(reply: bytes) -> Usage:
    decoded(reply, _Answer)
    return Usage(items=1)
