"""Manners towards one host: how many requests at once, how often, and silence where it asks for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sources.fetching.settings import HostLimits
from workers.endpoint.limits import Pace

LONGEST_PAUSE = 300.0
"""Seconds of a Retry-After that are obeyed within a run; who asks for more is left for the next run."""


class Host:
    """Requests to one host take turns here."""

    def __init__(self, limits: HostLimits) -> None:
        self._slots = asyncio.Semaphore(limits.at_once)
        self._pace = Pace(limits.requests_per_second) if limits.requests_per_second else None
        self._silent_until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a slot, for the end of a silence, and for the pace."""
        async with self._slots:
            while (wait := self._silent_until - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            if self._pace:
                await asyncio.sleep(self._pace.reserve(time.monotonic()))
            yield

    def silence(self, seconds: float) -> None:
        """The host asks all of us to wait, not only the request that it refused."""
        until = time.monotonic() + min(seconds, LONGEST_PAUSE)
        self._silent_until = max(self._silent_until, until)
