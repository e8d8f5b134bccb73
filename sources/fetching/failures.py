"""Why an address brought nothing, and whether asking again may help. Told to users in docs/fetching.md."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp

from workers.tools import FetchError


@dataclass(frozen=True)
class FailureClass:
    """One way in which an address brings nothing."""

    meaning: str
    runs: int = 1
    """Runs that try the address. 1 makes it *refused*: a result, which another request would only repeat.
    Above 1 makes it *failed*: tried several times in a run, and again by the next ones."""

    @property
    def is_passing(self) -> bool:
        return self.runs > 1


FAILURES: dict[str, FailureClass] = {
    # Refused before anything is sent.
    "bad-address": FailureClass("not an http or https address with a host, or one with a password in it"),
    "private-address": FailureClass("the host is, or resolves to, an address off the public internet"),
    "robots": FailureClass("robots.txt of the host disallows the address"),
    "forgotten": FailureClass("taken down with `tracemill forget`, and not asked for again"),
    # Refused by what the server says.
    "opted-out": FailureClass("the answer carries noai, noimageai, noindex or noimageindex"),
    "not-found": FailureClass("status 404 or 410"),
    "forbidden": FailureClass("status 401, 402, 403 or 451"),
    "bad-status": FailureClass("another status that is no answer"),
    "too-many-redirects": FailureClass("more redirects than allowed, or a circle"),
    # Refused by what came.
    "too-large": FailureClass("more bytes than allowed, announced or sent"),
    "compression-bomb": FailureClass("the body unpacks to more bytes than allowed"),
    "too-many-pixels": FailureClass("the header states more pixels than allowed; nothing was decoded"),
    "svg": FailureClass("an SVG document, which is a program until it is rendered; it is not rendered"),
    "not-a-picture": FailureClass("no picture format is recognised"),
    # Passing.
    "html": FailureClass("a page where a picture was expected, whatever it is called", runs=3),
    "dns": FailureClass("the host name does not resolve", runs=2),
    "connect": FailureClass("no connection: refused, reset, or the certificate is not valid", runs=3),
    "time-out": FailureClass("no whole answer in the time allowed", runs=3),
    "cut": FailureClass("the connection ended before the body did", runs=3),
    "protocol": FailureClass("not HTTP, or in an encoding that was not asked for", runs=2),
    "busy": FailureClass("status 408, 425 or 429: too many requests, or another time", runs=5),
    "server-error": FailureClass("status 500 or above", runs=3),
    "robots-unavailable": FailureClass("robots.txt cannot be had, which forbids everything for now", runs=3),
}  # fmt: skip
"""Slug -> class. A name or a protocol seldom mends itself, a busy server mostly does: hence the runs.
A page in place of a picture is mostly the end of the picture, and at times a server's excuse of the moment:
each of three runs asks once."""


class AddressError(FetchError):
    """An address brought nothing; `kind` is a key of `FAILURES`."""

    def __init__(
        self, kind: str, detail: str = "", retry_after: float | None = None, *, exhausted: bool = False
    ) -> None:
        super().__init__(kind, detail)
        self.detail = detail
        self.retry_after = retry_after
        """Seconds that the server asks to wait."""
        self.exhausted = exhausted
        """True where this run has tried often enough already."""

    @property
    def failure(self) -> FailureClass:
        return FAILURES[self.kind]

    @property
    def may_pass(self) -> bool:
        """Whether asking again may help."""
        return self.failure.is_passing and not self.exhausted


def of_status(status: int, retry_after: float | None) -> AddressError:
    """What a status other than 200 and 304 means."""
    detail = f"status {status}"
    if status in (404, 410):
        return AddressError("not-found", detail)
    if status in (401, 402, 403, 451):
        return AddressError("forbidden", detail)
    if status in (408, 425, 429):
        return AddressError("busy", detail, retry_after)
    if status >= 500:
        return AddressError("server-error", detail, retry_after)
    return AddressError("bad-status", detail)


def of_trouble(error: Exception, seconds: float) -> AddressError:
    """What it means that a request raised; `seconds` were allowed for it."""
    detail = f"{type(error).__name__}: {error}"[:300]
    match error:
        case TimeoutError():
            return AddressError("time-out", f"no whole answer in {seconds:g} s")
        case aiohttp.ClientConnectorDNSError():
            return AddressError("dns", str(error.os_error))
        case ValueError():  # aiohttp.InvalidURL, and what yarl raises
            return AddressError("bad-address", str(error))
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError():
            return AddressError("cut", type(error).__name__)
        case aiohttp.ClientConnectionError() | OSError():  # ssl.SSLError is an OSError
            return AddressError("connect", detail)
    return AddressError("protocol", detail)
