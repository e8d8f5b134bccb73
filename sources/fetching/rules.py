"""The rules of hosts, held for as long as they may be: a run takes days, and a host changes its mind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from sources.fetching.robots import Rules

RULES_HOLD = 24 * 3600.0
"""Seconds: crawlers should not use a robots.txt longer (RFC 9309, section 2.4)."""

FAILURE_HOLDS = 300.0
"""Seconds for which a robots.txt that cannot be had forbids everything without being asked for again; as long
as a host is waited for (`hosts.LONGEST_PAUSE`)."""

MOST = 10_000
"""Hosts whose rules are held: some 10 MB at the 1 kB of an ordinary robots.txt, where a list may name
millions of hosts."""

Fetch = Callable[[str], Coroutine[Any, Any, Rules]]
"""Origin (``https://a.test``) -> its rules; raises `AddressError`."""


class _Asked(NamedTuple):
    since: float
    answer: asyncio.Task[Rules]

    @property
    def holds(self) -> bool:
        if not self.answer.done():
            return True
        failed = self.answer.cancelled() or self.answer.exception() is not None
        return time.monotonic() - self.since < (FAILURE_HOLDS if failed else RULES_HOLD)


class RuleBook:
    """Rules by origin, each asked for once by whoever comes first, while others wait."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._asked: dict[str, _Asked] = {}

    async def of(self, origin: str) -> Rules:
        """Raises what asking for them raised."""
        asked = self._asked.get(origin)
        if asked is None or not asked.holds:
            self._make_room()
            asked = _Asked(time.monotonic(), asyncio.ensure_future(self._fetch(origin)))
            self._asked[origin] = asked
        return await asyncio.shield(asked.answer)

    def cancel(self) -> None:
        """Stop asking."""
        for asked in self._asked.values():
            asked.answer.cancel()

    def _make_room(self) -> None:
        """Forget the half that was asked for first, as far as they have answered."""
        if len(self._asked) >= MOST:
            first = list(self._asked)[: MOST // 2]
            for origin in [one for one in first if self._asked[one].answer.done()]:
                del self._asked[origin]
