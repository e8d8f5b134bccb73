"""Collecting pictures: each address asked for once, each content stored once, every outcome written down.

Every address ends as fetched, refused or failed, with a class. What is settled is not asked for again; what
failed is tried by as many runs as its class deserves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from catalogs.errors import BlobError
from catalogs.records import Origin
from catalogs.stage import Blobs
from sources.fetching.client import Fetcher
from sources.fetching.failures import AddressError
from sources.fetching.pictures import checked
from sources.fetching.seen import FAILED, FETCHED, REFUSED, Seen


class Log(Protocol):
    """Where outcomes are looked up and written down."""

    def find(self, url: str) -> Seen | None: ...

    def runs_before(self, url: str) -> int: ...

    def add(self, seen: Seen, /) -> None: ...


async def collect(
    urls: Iterable[str], fetcher: Fetcher, log: Log, blobs: Blobs, *, refresh: bool = False
) -> AsyncIterator[Seen]:
    """Outcomes as they come, one for each distinct address; the pictures are in `blobs`.

    `refresh` asks again for what was fetched, with a conditional request: an answer of 304 keeps the content
    that is there. No more addresses are in flight than the fetcher has connections, so that a list of any
    length takes little memory.
    """
    waiting = iter(dict.fromkeys(urls))
    at_work: set[asyncio.Task[Seen]] = set()
    finished: asyncio.Queue[asyncio.Task[Seen]] = asyncio.Queue()  # asyncio.wait looks at all tasks each time
    try:
        while True:
            while len(at_work) < fetcher.settings.connections and (url := next(waiting, None)) is not None:
                task = asyncio.ensure_future(_one(url, fetcher, log, blobs, refresh=refresh))
                task.add_done_callback(finished.put_nowait)
                at_work.add(task)
            if not at_work:
                return
            done = await finished.get()
            at_work.discard(done)
            yield done.result()
    finally:
        for task in at_work:
            task.cancel()


async def _one(url: str, fetcher: Fetcher, log: Log, blobs: Blobs, *, refresh: bool) -> Seen:
    known = log.find(url)
    has_content = known is not None and known.outcome == FETCHED and _holds(blobs, known.sha256)
    if known is not None and (has_content or known.outcome == REFUSED) and not (refresh and has_content):
        return known
    if known is not None and known.outcome == FAILED and known.is_settled:
        return known
    try:
        seen = await _fetch(url, fetcher, blobs, known if has_content else None)
    except AddressError as error:
        seen = _without(url, error, log.runs_before(url))
    log.add(seen)
    return seen


async def _fetch(url: str, fetcher: Fetcher, blobs: Blobs, known: Seen | None) -> Seen:
    """`known` is given where its content is at hand, which makes the request conditional."""
    etag, modified = (known.etag, known.last_modified) if known else ("", "")
    answer = await fetcher.get(url, etag=etag, last_modified=modified)
    if answer.is_unchanged:
        if known is None:
            raise AddressError("protocol", "status 304 to a request without conditions")
        return msgspec.structs.replace(known, at=_now())
    picture = checked(answer.body, Origin(url=url), fetcher.settings.most_pixels)
    return Seen(
        url=url,
        outcome=FETCHED,
        final_url=answer.url,
        sha256=blobs.put(answer.body),
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        bytes=picture.bytes,
        etag=answer.etag,
        last_modified=answer.last_modified,
        at=_now(),
    )


def _without(url: str, error: AddressError, before: int) -> Seen:
    outcome = FAILED if error.failure.is_passing else REFUSED
    return Seen(
        url=url, outcome=outcome, kind=error.kind, detail=error.detail[:300], runs=before + 1, at=_now()
    )


def _holds(blobs: Blobs, sha256: str) -> bool:
    try:
        blobs.get(sha256)
    except (BlobError, KeyError):
        return False
    return True


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
