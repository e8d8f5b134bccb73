"""Reading a page through a service that renders it to text: Jina's reader, or what speaks like it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from catalogs.digests import digest_of
from catalogs.records import Origin, Passage
from workers.endpoint import CLIENTS, Call, Calls, Usage
from workers.endpoint.journal import ANSWERED, Recorded
from workers.endpoint.loop import start
from workers.endpoint.replies import decoded
from workers.excerpts import start_of
from workers.meter import count_call
from workers.search.settings import ReaderEndpoint
from workers.tools import FetchError

PROTOCOL = "1"
"""Raised when equal pages are asked for in other words, or answers are read otherwise."""

MOST_CHARACTERS = 2000
"""Of a page; where the published pipeline cuts its text."""


class _Page(msgspec.Struct):
    content: str = ""
    title: str = ""


class _Read(msgspec.Struct):
    data: _Page


@dataclass(frozen=True)
class Reader:
    """A `PageReader`: `POST /` with an address, and the page as text comes back."""

    settings: ReaderEndpoint
    calls: Calls

    @property
    def name(self) -> str:
        return "reader"

    @property
    def revision(self) -> str:
        return digest_of([PROTOCOL, self.settings.kind])[:12]

    def read(self, found: Passage) -> Passage:
        """See `aread`."""
        return start(self.aread(found)).result()

    async def aread(self, found: Passage) -> Passage:
        """The page behind a passage, as the service has it; raises `FetchError`. Whose it is and under which
        terms the service does not say."""
        recorded = await self._recorded(found.origin.url)
        page = _page_of(recorded)
        if not page.content.strip():
            raise FetchError("not-read", found.origin.url)
        origin = Origin(url=found.origin.url, fetched=recorded.when)
        return msgspec.structs.replace(
            found, title=page.title or found.title, text=page.content.strip(), origin=origin
        )

    async def excerpt(self, url: str) -> str:
        """The start of a page, cut at a line or sentence; empty where it cannot be read."""
        return start_of(_page_of(await self._recorded(url)).content.strip(), MOST_CHARACTERS)

    async def _recorded(self, url: str) -> Recorded:
        call = Call(kind="read", path="", json={"url": url}, check=_used)
        recorded = await CLIENTS.of(self.settings, self.calls).call(call)
        count_call()
        return recorded


def _page_of(recorded: Recorded) -> _Page:
    """A page that could not be read has no text."""
    return decoded(recorded.reply, _Read).data if recorded.status == ANSWERED else _Page()


def _used(reply: bytes) -> Usage:
    decoded(reply, _Read)
    return Usage(items=1)
