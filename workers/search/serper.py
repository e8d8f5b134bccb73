"""Google results by way of Serper: `POST search` and `POST images`, as the published agents call them.

The published pipeline asks for pictures of the past hour (``tbs = "qdr:h"``), which finds next to nothing;
here no time is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from catalogs.digests import digest_of, rounded
from catalogs.records import Hit, Origin, Passage
from workers.endpoint import CLIENTS, Call, Calls, Usage
from workers.endpoint.endings import NO_ANSWER
from workers.endpoint.journal import ANSWERED, Recorded
from workers.endpoint.loop import all_of, start
from workers.endpoint.replies import decoded
from workers.meter import count_call
from workers.search.reader import Reader
from workers.search.settings import ImageSearchEndpoint, TextSearchEndpoint
from workers.tools import FetchError, ImageHit

T = TypeVar("T")

PROTOCOL = "1"
"""Raised when equal queries are put in other words, or answers are read otherwise."""

IMAGES_PROTOCOL = "2"
"""The same of picture queries."""

MOST_RESULTS = 100
"""That one picture query can ask for."""

_PROBLEMS = {
    401: "refused",
    403: "refused",
    404: "not-found",
    410: "not-found",
    413: "too-large",
    451: "refused",
    NO_ANSWER: "no-answer",
}
"""Status -> slug of a picture that could not be fetched."""


class _Organic(msgspec.Struct):
    title: str = ""
    link: str = ""
    snippet: str = ""


class _TextAnswer(msgspec.Struct):
    organic: list[_Organic]


class _Image(msgspec.Struct):
    title: str = ""
    imageUrl: str = ""  # noqa: N815 - Serper's name
    link: str = ""


class _ImageAnswer(msgspec.Struct):
    images: list[_Image]


@dataclass(frozen=True)
class SerperText:
    """A `TextSearch`: each result's page as the reader has it, or the search's own words on it."""

    settings: TextSearchEndpoint
    calls: Calls
    reader: Reader | None = None

    @property
    def name(self) -> str:
        return "serper"

    @property
    def revision(self) -> str:
        return digest_of([PROTOCOL, self.reader.settings.kind if self.reader else ""])[:12]

    def search(self, query: str, language: str, top_k: int) -> list[Hit]:
        """See `asearch`."""
        return start(self.asearch(query, language, top_k)).result()

    async def asearch(self, query: str, language: str, top_k: int) -> list[Hit]:
        """At most `top_k` passages; the score falls with the rank. Raises `EndpointError`."""
        body = {"q": query, "hl": language, "num": top_k}
        call = Call(kind="search", path="search", json=body, check=_checking(_TextAnswer))
        recorded = await CLIENTS.of(self.settings, self.calls).call(call)
        count_call()
        rows = [row for row in decoded(recorded.reply, _TextAnswer).organic if row.link][:top_k]
        texts = await all_of(self._text(row) for row in rows)
        return [
            _hit(rank, row, text, language, recorded)
            for rank, (row, text) in enumerate(zip(rows, texts, strict=True), start=1)
        ]

    async def _text(self, row: _Organic) -> str:
        page = await self.reader.excerpt(row.link) if self.reader else ""
        return page or row.snippet


def _hit(rank: int, row: _Organic, text: str, language: str, recorded: Recorded) -> Hit:
    origin = Origin(url=row.link, fetched=recorded.when)
    passage = Passage(title=row.title, language=language, text=text, origin=origin)
    return Hit(rank=rank, score=rounded(1 / rank), passage=passage)


@dataclass(frozen=True)
class SerperImages:
    """An `ImageSearch`. Pictures are fetched from their own hosts; no key goes there."""

    settings: ImageSearchEndpoint
    calls: Calls

    @property
    def name(self) -> str:
        return "serper-images"

    @property
    def revision(self) -> str:
        return digest_of([IMAGES_PROTOCOL])[:12]

    def search(self, query: str, language: str, num: int, exclude: frozenset[str]) -> Sequence[ImageHit]:
        """See `asearch`."""
        return start(self.asearch(query, language, num, exclude)).result()

    async def asearch(
        self, query: str, language: str, num: int, exclude: frozenset[str], location: str = ""
    ) -> Sequence[ImageHit]:
        """At most `num` pictures that were not seen before. Raises `EndpointError`."""
        place = {"location": location} if location else {}
        body = {"q": query, **place, "hl": language, "num": min(num + len(exclude), MOST_RESULTS)}
        call = Call(kind="search-images", path="images", json=body, check=_checking(_ImageAnswer))
        recorded = await CLIENTS.of(self.settings, self.calls).call(call)
        count_call()
        rows = {row.imageUrl: row for row in decoded(recorded.reply, _ImageAnswer).images}
        fresh = [row for url, row in rows.items() if url not in exclude and url.startswith("http")][:num]
        return [
            ImageHit(
                rank=rank,
                title=row.title,
                image_url=row.imageUrl,
                page_url=row.link,
                caption="",
                origin=Origin(url=row.imageUrl, fetched=recorded.when),
            )
            for rank, row in enumerate(fresh, start=1)
        ]

    def fetch(self, image_url: str) -> bytes:
        """See `afetch`."""
        return start(self.afetch(image_url)).result()

    async def afetch(self, image_url: str) -> bytes:
        """The bytes behind an address; raises `FetchError`."""
        call = Call(kind="fetch", path=image_url, method="GET")
        recorded = await CLIENTS.of(self.settings.web, self.calls).call(call)
        count_call()
        if recorded.status == ANSWERED:
            return recorded.reply
        said = recorded.reply.decode("utf-8", "replace")
        raise FetchError(_PROBLEMS.get(recorded.status, f"status-{recorded.status}"), said)


def _checking(expected: type[T]) -> Callable[[bytes], Usage]:
    """Reads a reply as the protocol has it."""

    def used(reply: bytes) -> Usage:
        decoded(reply, expected)
        return Usage(items=1)

    return used
