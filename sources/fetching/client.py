"""The fetcher: one address in, one whole answer out, or an `AddressError` that says why not.

gates (safety) -> robots.txt -> [ the host's turn, HTTP, limits ] x redirects -> opt-outs, all x tries

aiohttp rather than httpx: it lets the address of each connection be checked where the socket is opened, and
takes 0.24 ms of processor time a request where httpx takes several. One client serves interfaces, single
pictures and bulk alike; what it adds to a request (gates, rules, turns) is kept to a few dictionary look-ups.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from urllib.parse import urljoin

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from sources.fetching.answer import Answer
from sources.fetching.body import read_body
from sources.fetching.failures import AddressError, of_status, of_trouble
from sources.fetching.hosts import LONGEST_PAUSE, Host, Hosts
from sources.fetching.robots import MOST_BYTES, Rules, opt_outs, parse_robots
from sources.fetching.rules import RuleBook
from sources.fetching.safety import Guard, Resolve, system_resolve
from sources.fetching.settings import TOKEN, FetchSettings
from workers.endpoint.replies import retry_after

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_BACK_OFF = 30.0
_PIECE = 64 * 1024


def nothing() -> None:
    """What comes before a try by default."""


class Fetcher:
    """Fetches on the loop that it was made on. Use as ``async with``, or call `close`."""

    def __init__(self, settings: FetchSettings, resolve: Resolve = system_resolve) -> None:
        self.settings = settings
        self._guard = Guard(settings.allowed_hosts, resolve)
        self._hosts = Hosts(settings)
        self._rules = RuleBook(self._fetch_rules)
        self._is_at_home = settings.robots == "ignore-on-allowed-hosts"
        self._slots = asyncio.Semaphore(settings.connections)
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,  # `_slots` are taken before the time of a request begins to run
                resolver=self._guard,
                socket_factory=self._guard.open_socket,
                happy_eyeballs_delay=None,  # addresses one after the other, so that a refusal is not lost
            ),
            headers={"User-Agent": settings.user_agent, "Accept-Encoding": "gzip, deflate"},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Fetcher:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        self._rules.cancel()
        await self._http.close()

    async def get(self, url: str, *, etag: str = "", last_modified: str = "") -> Answer:
        """What a crawler may have of an address: robots.txt and opt-outs are honoured.

        With `etag` or `last_modified` of an earlier answer the request is conditional. Raises `AddressError`.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in conditions.items() if value}
        return await self._tried(url, headers, crawling=True)

    async def call(
        self, url: str, headers: dict[str, str] | None = None, before: Callable[[], None] = nothing
    ) -> Answer:
        """A call to an interface for programs; robots.txt, which is for crawlers, is not asked.

        `before` is called before each try; what it raises ends them.
        """
        return await self._tried(url, headers or {}, before, crawling=False)

    def silence(self, url: str, seconds: float) -> None:
        """Ask nothing of the host of an address for so long: its answer said so, if not in a header."""
        self._hosts.of(self._guard.check_url(url).raw_authority).silence(seconds)

    async def _tried(
        self, url: str, headers: dict[str, str], before: Callable[[], None] = nothing, *, crawling: bool
    ) -> Answer:
        """Again with full jitter, or when the server says, for as long as that may help."""
        spread = self.settings.back_off
        for number in range(1, self.settings.tries + 1):
            before()
            try:
                return await self._walk(url, headers, crawling=crawling)
            except AddressError as error:
                if number == self.settings.tries or not _may_pass(error):
                    raise
                asked = error.retry_after
            await asyncio.sleep(random.uniform(0, spread) if asked is None else asked)
            spread = min(2 * spread, _LONGEST_BACK_OFF)
        raise AssertionError("the last try returns or raises")

    async def _walk(self, url: str, headers: dict[str, str], *, crawling: bool) -> Answer:
        """From redirect to redirect, each checked as the first address is."""
        left = self.settings.seconds
        asked = self._guard.check_url(url)
        for _ in range(self.settings.most_redirects + 1):
            asks = crawling and not (self._is_at_home and self._guard.allows(asked.raw_host or ""))
            if asks:
                await self._ask_robots(asked)
            host = self._hosts.of(asked.raw_authority)
            async with host.turn(), self._slots:
                began = time.monotonic()
                found = await self._hop(url, asked, host, headers, left, crawling=asks)
                left -= time.monotonic() - began
            if isinstance(found, Answer):
                return found
            before, url = asked, found
            asked = self._guard.check_url(url)
            if asked.raw_authority != before.raw_authority:
                headers = {}  # neither a key nor the state of one host is another host's business
        raise AddressError("too-many-redirects", f"more than {self.settings.most_redirects}, to {url[:200]}")

    async def _ask_robots(self, asked: URL) -> None:
        rules = await self._rules.of(f"{asked.scheme}://{asked.raw_authority}")
        if not rules.allows(asked.raw_path_qs):
            raise AddressError("robots", f"{asked.raw_authority} disallows {asked.raw_path[:200]}")

    async def _hop(
        self, url: str, asked: URL, host: Host, headers: dict[str, str], seconds: float, *, crawling: bool
    ) -> Answer | str:
        """One request: an answer, or where a redirect leads."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                async with self._http.get(asked, headers=headers, allow_redirects=False) as response:
                    return await self._answer(url, host, response, crawling=crawling)
        except (OSError, ValueError, aiohttp.ClientError) as error:  # a TimeoutError is an OSError
            raise of_trouble(error, self.settings.seconds) from None

    async def _answer(
        self, url: str, host: Host, response: aiohttp.ClientResponse, *, crawling: bool
    ) -> Answer | str:
        status, headers = response.status, response.headers
        if status in _REDIRECTS and "Location" in headers:
            return urljoin(url, _as_ascii(headers["Location"]))
        if status not in (200, 304):
            raise _refusal(host, status, headers)
        if crawling and (said := opt_outs(headers.getall("X-Robots-Tag", []), TOKEN)):
            raise AddressError("opted-out", ", ".join(said))
        if not crawling:  # MediaWiki asks so beside an answer of 200 while its replicas lag
            host.silence(retry_after(headers.get("Retry-After", "")) or 0.0)
        body = b""
        if status == 200:
            pieces = response.content.iter_chunked(_PIECE)
            encoding = headers.get("Content-Encoding", "")
            body = await read_body(pieces, encoding, response.content_length, self.settings.most_bytes)
        return Answer(url, status, body, _state(headers, "ETag"), _state(headers, "Last-Modified"))

    async def _fetch_rules(self, origin: str) -> Rules:
        """None forbids nothing; one that cannot be had forbids everything (RFC 9309, section 2.3.1)."""
        try:
            answer = await self._tried(f"{origin}/robots.txt", {}, crawling=False)
        except AddressError as error:
            if error.kind in ("not-found", "forbidden", "bad-status", "too-many-redirects", "too-large"):
                return Rules()
            is_silent = error.failure.is_passing and error.kind not in ("dns", "connect")
            kind = "robots-unavailable" if is_silent else error.kind
            raise AddressError(kind, f"{origin}/robots.txt: {error.detail}", exhausted=True) from None
        return parse_robots(answer.body[:MOST_BYTES].decode("utf-8", "replace"), TOKEN)


def _refusal(host: Host, status: int, headers: CIMultiDictProxy[str]) -> AddressError:
    asked = retry_after(headers.get("Retry-After", ""))
    if asked is not None and status in (429, 503):
        host.silence(asked)
    return of_status(status, asked)


def _as_ascii(location: str) -> str:
    """Bytes that are no ASCII, percent-encoded as they came: whatever the server takes them for."""
    raw = location.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in raw)


def _state(headers: CIMultiDictProxy[str], name: str) -> str:
    """A header to send back; empty where it holds what no header may."""
    value = headers.get(name, "")
    return value if value.isascii() else ""


def _may_pass(error: AddressError) -> bool:
    """Whether another try in this run makes sense."""
    return error.may_pass and (error.retry_after or 0) <= LONGEST_PAUSE
