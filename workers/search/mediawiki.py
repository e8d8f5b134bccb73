"""A wiki by its own API: text search (`action=query` with a search as generator and the lead as extract), and
the reading of a whole article (the extract of one title)."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from catalogs.digests import digest_of, rounded
from catalogs.records import Hit, Origin, Passage
from workers.endpoint import CLIENTS, Call, Calls, Usage
from workers.endpoint.errors import EndpointBusyError, EndpointRefusedError
from workers.endpoint.journal import ANSWERED
from workers.endpoint.loop import start
from workers.endpoint.replies import decoded
from workers.meter import count_call
from workers.search.settings import TextSearchEndpoint
from workers.tools import FetchError

PROTOCOL = "3"
"""Raised when equal queries are put in other words, or answers are read otherwise."""

_LATER = {"maxlag", "ratelimited", "readonly", "cirrussearch-too-busy-error", "cirrussearch-backend-error"}
"""Codes of an answer that asks to be asked later, whatever its status."""

_QUERY = {
    "action": "query",
    "maxlag": "5",  # seconds that replicas may lag behind, as the manual recommends
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


class _Problem(msgspec.Struct):
    code: str = ""
    info: str = ""
    lag: float = 0.0


class _Answer(msgspec.Struct):
    query: _Pages = msgspec.field(default_factory=_Pages)
    error: _Problem | None = None


@dataclass(frozen=True)
class MediaWiki:
    """A `TextSearch` over the leads of one wiki a language, and a `PageReader` of its articles. A wiki is
    asked one thing after the other, as Wikimedia's etiquette asks, whatever `slots` says."""

    settings: TextSearchEndpoint
    calls: Calls
    licence: str = "CC-BY-SA-4.0"
    """Of the wiki's text: Wikipedia's, since June 2023."""

    @property
    def name(self) -> str:
        return "mediawiki"

    @property
    def revision(self) -> str:
        """The address is in it: unlike that of a model, it decides who answers."""
        return digest_of([PROTOCOL, self.licence, self.settings.base_url])[:12]

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
        base_url = self.settings.base_url.replace("{language}", language.partition("-")[0])
        endpoint = msgspec.structs.replace(self.settings, base_url=base_url, slots=1)
        path = f"{base_url.rstrip('/')}/api.php"
        call = Call(kind=kind, path=path, model=language, method="GET", form=form, check=_used)
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
    problem = decoded(reply, _Answer).error
    if problem is None:
        return Usage(items=1)
    said = f"{problem.code}: {problem.info}"
    if problem.code in _LATER:
        raise EndpointBusyError(said, max(problem.lag, 1.0) if problem.lag else None, broken=False)
    raise EndpointRefusedError(said, 400)
