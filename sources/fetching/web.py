"""The network as sources see it: interfaces to ask, pictures to fetch; what was answered once is kept.

A source that is live answers differently tomorrow. What it answered first is written down in the folder, and
holds for as long as the folder does: a run that goes on after a kill sees the world that it began with, and
makes no call twice.
"""

from __future__ import annotations

import asyncio
import atexit
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from catalogs.blobs import BlobStore
from sources.errors import SourceError
from sources.fetching.client import Fetcher, nothing
from sources.fetching.collect import collect
from sources.fetching.failures import AddressError
from sources.fetching.seen import FETCHED, Seen, SeenLog
from sources.fetching.settings import FetchSettings, of_apis
from workers.endpoint import Call
from workers.endpoint.journal import Recorded, journal_of
from workers.endpoint.loop import start
from workers.meter import count_call

T = TypeVar("T")

Query = Mapping[str, str | Sequence[str]]
"""Fields of a query string; several values of one field stand in it one after the other."""

_RUNNING: dict[tuple[str, bytes], asyncio.Task[Recorded]] = {}
"""(Folder, digest of a call) -> the asking: whoever wants the same answer meanwhile waits for it. Used on the
loop alone."""

_BUSY_TRIES = 8
"""Of a call whose answer says to come again (`Again`) or is no JSON at all, each after a pause."""


class ApiError(SourceError):
    """An interface gave no usable answer; `kind` is a key of `FAILURES` where it gave none at all."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


class Again(Exception):  # noqa: N818 - what an answer asks for, not a fault
    """Raised by a `check`: the interface answers, and asks to be asked later (MediaWiki's ``maxlag``).

    As with a Retry-After, all requests to its host wait for so many seconds, not only the one it refused.
    """

    def __init__(self, seconds: float, detail: str) -> None:
        super().__init__(detail)
        self.seconds = seconds


def as_it_is(_reply: bytes) -> None:
    """Any answer will do."""


@dataclass(frozen=True)
class Web:
    """A picklable handle: settings, and a folder for answers (``calls``), addresses (``seen``), ``blobs``.

    What waits for an answer is awaited on the loop of `workers.endpoint.loop`, or holds the calling thread.
    """

    folder: str
    settings: FetchSettings = field(default_factory=FetchSettings)

    def ask(
        self,
        url: str,
        query: Query,
        expected: type[T],
        *,
        check: Callable[[bytes], None] = as_it_is,
        secret: Mapping[str, str] | None = None,
        before: Callable[[], None] = nothing,
    ) -> tuple[T, str]:
        """The JSON answer of an interface to GET, and when it was given (ISO 8601). Raises `ApiError`.

        `check` sees each new answer and raises `Again` or an error of its own; what it lets pass is kept.
        `secret` is added to the query and kept nowhere. `before` is called before each request that is sent.
        """
        asking = self._answered(url, query, expected, check, secret or {}, before)
        recorded = start(asking).result()
        return msgspec.json.decode(recorded.reply, type=expected), recorded.when

    async def aask(
        self, url: str, query: Query, expected: type[T], *, check: Callable[[bytes], None] = as_it_is
    ) -> tuple[T, str]:
        """`ask`, awaited."""
        recorded = await self._answered(url, query, expected, check, {}, nothing)
        return msgspec.json.decode(recorded.reply, type=expected), recorded.when

    async def _answered(
        self,
        url: str,
        query: Query,
        expected: type[T],
        check: Callable[[bytes], None],
        secret: Mapping[str, str],
        before: Callable[[], None],
    ) -> Recorded:
        def both(reply: bytes) -> None:
            check(reply)
            msgspec.json.decode(reply, type=expected)

        return await self._recorded(url, query, both, "application/json", secret, before)

    def read(self, url: str, media_type: str, check: Callable[[bytes], None]) -> tuple[bytes, str]:
        """An answer of an interface as it is, whole, and when it was given. Raises `ApiError`."""
        recorded = start(self._recorded(url, {}, check, media_type, {}, nothing)).result()
        return recorded.reply, recorded.when

    async def _recorded(
        self,
        url: str,
        query: Query,
        check: Callable[[bytes], None],
        media_type: str,
        secret: Mapping[str, str],
        before: Callable[[], None],
    ) -> Recorded:
        form = {name: value if isinstance(value, str) else "|".join(value) for name, value in query.items()}
        call = Call(kind="api", path=url, method="GET", form=form)
        journal = journal_of(str(Path(self.folder) / "calls"), replay=False)
        recorded = journal.find(call.digest)
        if recorded is not None:
            return recorded

        async def made() -> Recorded:
            asked = urlencode({**query, **secret}, doseq=True)
            whole = f"{url}?{asked}" if asked else url
            reply = await self._ask(whole, url, check, media_type, before)
            new = Recorded(reply, at=int(time.time()))
            journal.append(call.digest, new)
            count_call()
            return new

        key = (self.folder, call.digest)
        if key not in _RUNNING:
            _RUNNING[key] = asyncio.ensure_future(made())
            _RUNNING[key].add_done_callback(lambda _: _RUNNING.pop(key))
        return await asyncio.shield(_RUNNING[key])

    async def _ask(
        self,
        url: str,
        shown: str,
        check: Callable[[bytes], None],
        media_type: str,
        before: Callable[[], None],
    ) -> bytes:
        fetcher, spread, said = _fetcher(of_apis(self.settings)), self.settings.back_off, ""
        try:
            for _ in range(_BUSY_TRIES):
                answer = await fetcher.call(url, {"Accept": media_type}, before)
                try:
                    check(answer.body)
                    return answer.body
                except Again as later:
                    pause, said = 0.0, f"asks to be asked later ({later})"
                    fetcher.silence(url, later.seconds)
                except msgspec.ValidationError as error:
                    raise ApiError(f"{shown} {_odd(answer.body)}: {error}") from None
                except (msgspec.DecodeError, UnicodeDecodeError):  # an excuse in HTML, mostly
                    pause, said = random.uniform(0, spread), _odd(answer.body)
                    spread *= 2
                await asyncio.sleep(pause)
        except AddressError as error:
            said = f"gives no answer ({error.kind}: {_cut(error.detail)})"
            raise ApiError(f"{shown} {said}: {_NEXT}", error.kind) from None
        raise ApiError(f"{shown} {said}, {_BUSY_TRIES} times in a row: {_NEXT}")

    def picture(self, url: str) -> tuple[bytes, Seen]:
        """The bytes of a picture; raises `AddressError`, also for what an earlier request brought.

        `AddressError.exhausted` tells that no later run will ask again.
        """
        return start(self.apicture(url)).result()

    async def apicture(self, url: str) -> tuple[bytes, Seen]:
        """`picture`, awaited."""
        seen = await self._picture(url)
        count_call()
        if seen.outcome != FETCHED:
            raise AddressError(seen.kind, seen.detail, exhausted=seen.is_settled)
        # Not in a thread beside the loop: those may all be held by callers who wait for this very answer.
        return await asyncio.to_thread(BlobStore(Path(self.folder) / "blobs").get, seen.sha256), seen

    async def _picture(self, url: str) -> Seen:
        root = Path(self.folder)
        found = collect([url], _fetcher(self.settings), _log(str(root / "seen")), BlobStore(root / "blobs"))
        return await anext(found)


_NEXT = "what was answered so far is kept, run again and it goes on from there"


def _cut(detail: str) -> str:
    return detail.split("?")[0][:200]  # a query may hold a key


def _odd(reply: bytes) -> str:
    return f"answers something else than its interface does, {reply[:80]!r}"


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
