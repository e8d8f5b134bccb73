"""Manners towards one host: how many requests at once, how often, and silence where it asks for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from yarl import URL

from sources.fetching.failures import AddressError
from sources.fetching.settings import FetchSettings, HostLimits, limits_of
from workers.endpoint.limits import Pace

LONGEST_PAUSE = 300.0
"""Seconds of a Retry-After that are waited for; of a host that asks for more, nothing is asked until then."""

LONGEST_SILENCE = 24 * 3600.0
"""Seconds: who asks for a year may have changed his mind tomorrow."""

MOST = 100_000
"""Hosts that are held at a time, some 100 MB: a list may name millions."""


def authority(url: str) -> str:
    """Host and port of an address, written in one way; empty where it is none."""
    try:
        return URL(url).raw_authority
    except ValueError:
        return ""  # whoever asks for it writes that down


class Hosts:
    """Hosts by authority. Those that nobody asks anything of are forgotten when they become too many."""

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings
        self._hosts: dict[str, Host] = {}

    def of(self, name: str) -> Host:
        """The host; enter its `turn` before anything is awaited."""
        if name not in self._hosts:
            if len(self._hosts) >= MOST:
                self._hosts = {one: host for one, host in self._hosts.items() if not host.is_idle}
            self._hosts[name] = Host(limits_of(self._settings, name))
        return self._hosts[name]


class Host:
    """Requests to one host take turns here."""

    def __init__(self, limits: HostLimits) -> None:
        self._asking = 0
        self._slots = asyncio.Semaphore(limits.at_once)
        self._pace = Pace(limits.requests_per_second) if limits.requests_per_second else None
        self._silent_until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a slot, for the pace, and for the end of a silence. Raises `AddressError` (``busy``) where
        that is too far off."""
        self._asking += 1
        try:
            async with self._slots:
                if self._pace:
                    await asyncio.sleep(self._pace.reserve(time.monotonic()))
                while (wait := self._silent_until - time.monotonic()) > 0:
                    if wait > LONGEST_PAUSE:
                        raise AddressError("busy", f"the host asks for {wait:.0f} s without requests", wait)
                    await asyncio.sleep(wait)
                yield
        finally:
            self._asking -= 1

    def silence(self, seconds: float) -> None:
        """The host asks all of us to wait, not only the request that it refused."""
        until = time.monotonic() + min(seconds, LONGEST_SILENCE)
        self._silent_until = max(self._silent_until, until)

    @property
    def is_idle(self) -> bool:
        """Whether nothing would be different without it."""
        return not self._asking and self._silent_until < time.monotonic()
