"""The interfaces of a wiki: the Action API (batches, continuation, ``maxlag``, all answers in
``formatversion=2``), and the REST API for an article as it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from sources.fetching.web import Again, ApiError, Web

T = TypeVar("T")

MAX_LAG = "5"
"""Seconds that database replicas may lag behind before a wiki asks programs to wait; the value that its own
manual recommends to programs that are in no hurry."""

_FIXED = {"format": "json", "formatversion": "2", "maxlag": MAX_LAG}

BATCH = 50
"""Titles a request, the most that a wiki takes from anybody."""

LONGEST_TITLES = 6000
"""Bytes of the titles of a request as they stand in its address, which servers cut at 8 kB: fifty titles in
Devanagari, nine bytes a letter, would be answered with 414."""

_LONGEST_WAIT = 60.0

_PARSOID = b"mediawiki.org/rdf"
"""Vocabulary that every article of the REST API declares in its first tag, and no excuse of a proxy."""


class _Problem(msgspec.Struct):
    code: str = ""
    info: str = ""
    lag: float = 0.0


class _Envelope(msgspec.Struct):
    error: _Problem | None = None


class Reply(msgspec.Struct, rename={"more": "continue"}):
    """The parts of an answer that all queries share; `query` and `entities` are read by whoever asked."""

    more: dict[str, Any] = {}
    query: msgspec.Raw = msgspec.Raw(b"{}")
    entities: msgspec.Raw = msgspec.Raw(b"{}")


def batches(titles: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Titles as they are asked for: as many as a wiki takes, and an address holds."""
    batch: list[str] = []
    size = 0
    for title in titles:
        length = len(quote(f"{title}|", safe=""))
        if batch and (len(batch) == BATCH or size + length > LONGEST_TITLES):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(title)
        size += length
    if batch:
        yield tuple(batch)


@dataclass(frozen=True)
class Wiki:
    """One wiki. `api` is the address of its ``api.php``."""

    api: str
    web: Web

    def ask(self, **query: str) -> tuple[Reply, str]:
        """One request, and when it was answered; raises `ApiError`."""
        return self.web.ask(self.api, {**query, **_FIXED}, Reply, check=self._check)

    async def aask(self, **query: str) -> tuple[Reply, str]:
        """`ask`, awaited."""
        return await self.web.aask(self.api, {**query, **_FIXED}, Reply, check=self._check)

    def pages(self, expected: type[T], **query: str) -> Iterator[tuple[T, str]]:
        """`query` of every answer as `expected`, going on for as long as the wiki says ``continue``."""
        more: Mapping[str, str] = {}
        while True:
            reply, when = self.ask(action="query", **{**query, **more})
            yield msgspec.json.decode(reply.query, type=expected), when
            if not reply.more:
                return
            more = {name: str(value) for name, value in reply.more.items()}

    def html(self, title: str) -> tuple[str, str]:
        """An article as the REST API gives it (``page/{title}/html``), and when it was answered.

        Every MediaWiki has it since 1.35. Raises `ApiError`, with kind ``not-found`` where there is none.
        """
        base = self.api.removesuffix("api.php") + "rest.php/v1"
        address = f"{base}/page/{quote(title.replace(' ', '_'), safe='')}/html"
        body, when = self.web.read(address, "text/html", self._check_html)
        return body.decode("utf-8", "replace"), when

    def _check_html(self, body: bytes) -> None:
        if _PARSOID not in body[:4096]:
            raise Again(self.web.settings.back_off, "a page that is no article of the REST API")

    def _check(self, body: bytes) -> None:
        problem = msgspec.json.decode(body, type=_Envelope).error if body.startswith(b"{") else None
        if problem is None:
            return
        if problem.code in ("maxlag", "ratelimited", "readonly"):
            raise Again(min(max(problem.lag, 1.0), _LONGEST_WAIT), problem.info)
        raise ApiError(f"{self.api} refuses ({problem.code}): {problem.info}")
