"""The network as sources see it: interfaces to ask, pictures to fetch; what was answered once is kept.

A source that is live answers differently tomorrow. What it answered first is written down in the folder, and
holds for as long as the folder does: a run that goes on after a kill sees the world that it began with, and
makes no call twice.
"""

from __future__ import annotations

import asyncio
import atexit
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from catalogs.blobs import BlobStore
from sources.errors import SourceError
from sources.fetching.client import Fetcher
from sources.fetching.collect import collect
from sources.fetching.failures import AddressError
from sources.fetching.seen import FETCHED, Seen, SeenLog
from sources.fetching.settings import FetchSettings, of_apis
from workers.endpoint import Call
from workers.endpoint.journal import Recorded, journal_of
from workers.endpoint.loop import start
from workers.meter import count_call

T = TypeVar("T")

_BUSY_TRIES = 8
"""Of a call whose answer says to come again (`Again`), each after what the answer asks for."""


class ApiError(SourceError):
    """An interface gave no usable answer."""


class Again(Exception):  # noqa: N818 - what an answer asks for, not a fault
    """Raised by a `check`: the interface answers, and asks to be asked later (MediaWiki's ``maxlag``)."""

    def __init__(self, seconds: float, detail: str) -> None:
        super().__init__(detail)
        self.seconds = seconds


def as_it_is(_reply: bytes) -> None:
    """Any answer will do."""


@dataclass(frozen=True)
class Web:
    """A picklable handle: settings, and a folder for answers (``calls``), addresses (``seen``), ``blobs``."""

    folder: str
    settings: FetchSettings = field(default_factory=FetchSettings)

    def ask(
        self,
        url: str,
        query: Mapping[str, str],
        expected: type[T],
        *,
        check: Callable[[bytes], None] = as_it_is,
        secret: Mapping[str, str] | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> tuple[T, str]:
        """The JSON answer of an interface to GET, and when it was given (ISO 8601). Raises `ApiError`.

        `check` sees each new answer and raises `Again` or an error of its own; what it lets pass is kept.
        `secret` is added to the query and kept nowhere. `before` is called before each request that is sent.
        """
        call = Call(kind="api", path=url, method="GET", form=dict(query))
        journal = journal_of(str(Path(self.folder) / "calls"), replay=False)
        recorded = journal.find(call.digest)
        if recorded is None:
            sent = {**query, **(secret or {})}
            reply = start(self._ask(f"{url}?{urlencode(sent)}", url, check, before)).result()
            recorded = Recorded(reply, at=int(time.time()))
            _decoded(reply, expected, url)
            journal.append(call.digest, recorded)
            count_call()
        return _decoded(recorded.reply, expected, url), recorded.when

    async def _ask(
        self, url: str, shown: str, check: Callable[[bytes], None], before: Callable[[], None]
    ) -> bytes:
        fetcher = _fetcher(of_apis(self.settings))
        try:
            for _ in range(_BUSY_TRIES):
                before()
                answer = await fetcher.call(url, {"Accept": "application/json"})
                try:
                    check(answer.body)
                except Again as later:
                    await asyncio.sleep(later.seconds)
                    continue
                return answer.body
        except AddressError as error:
            raise ApiError(f"{shown} gives no answer ({error.kind}: {_cut(error.detail)}): {_NEXT}") from None
        raise ApiError(f"{shown} has asked {_BUSY_TRIES} times to be asked later: {_NEXT}")

    def picture(self, url: str) -> tuple[bytes, Seen]:
        """The bytes of a picture; raises `AddressError`, also for what an earlier request brought."""
        seen = start(self._picture(url)).result()
        count_call()
        if seen.outcome != FETCHED:
            raise AddressError(seen.kind, seen.detail)
        return BlobStore(Path(self.folder) / "blobs").get(seen.sha256), seen

    async def _picture(self, url: str) -> Seen:
        root = Path(self.folder)
        found = collect([url], _fetcher(self.settings), _log(str(root / "seen")), BlobStore(root / "blobs"))
        return await anext(found)


_NEXT = "what was answered so far is kept, run again and it goes on from there"


def _cut(detail: str) -> str:
    return detail.split("?")[0][:200]  # a query may hold a key


def _decoded(reply: bytes, expected: type[T], url: str) -> T:
    try:
        return msgspec.json.decode(reply, type=expected)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ApiError(
            f"{url} answers something else than its interface does ({error}): {reply[:80]!r}"
        ) from error


@lru_cache(maxsize=8)
def _fetcher(settings: FetchSettings) -> Fetcher:
    """One a process, made on the loop on which it works, so that hosts see one visitor."""
    fetcher = Fetcher(settings)
    atexit.register(_close, fetcher)
    return fetcher


def _close(fetcher: Fetcher) -> None:
    """Connections that stay open at the end of the process are complained of."""
    with suppress(TimeoutError):
        start(fetcher.close()).result(timeout=2)


@lru_cache(maxsize=8)
def _log(folder: str) -> SeenLog:
    return SeenLog(Path(folder))
