"""The clients of this process, and the end of a run for all of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from typing import Any, TypeVar

from workers.endpoint.client import Client
from workers.endpoint.journal import journal_of
from workers.endpoint.loop import start
from workers.endpoint.settings import Calls, Endpoint

T = TypeVar("T")


class Clients:
    """The clients of this process, one an endpoint, whoever uses it."""

    def __init__(self) -> None:
        self._known: dict[tuple[Endpoint, Calls], Client] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self.share = 1
        """How many processes call at the same time: each has its part of every limit."""

    def of(self, endpoint: Endpoint, calls: Calls) -> Client:
        """Models behind one endpoint share its limits: what a subclass adds to the settings is left out."""
        plain = Endpoint(**{name: getattr(endpoint, name) for name in Endpoint.__struct_fields__})
        with self._lock:
            if (plain, calls) not in self._known:
                journal = journal_of(calls.folder, replay=calls.replay)
                self._known[plain, calls] = Client(
                    plain,
                    journal,
                    calls.budget,
                    replay=calls.replay,
                    share=self.share,
                    stopped=self._stopped,
                )
            return self._known[plain, calls]

    @contextmanager
    def calling(self) -> Iterator[None]:
        """A run that may be stopped; when it is over, calls may be made again."""
        try:
            yield
        finally:
            self._stopped.clear()

    def result_of(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of some work on the loop, awaited from any other thread. An interrupt is passed on when
        the calls in flight are over and journalled; no other begins."""
        ending = start(work)
        try:
            return ending.result()
        except BaseException:
            with self.calling():
                if not ending.done():
                    self.stop()
                wait([ending])
            raise

    def forget(self) -> None:
        """Make all anew when they are asked for: their journals are others now."""
        with self._lock:
            self._known.clear()

    def stop(self) -> None:
        """Begin no further call; calls in flight come to their end and are journalled."""
        self._stopped.set()

    @property
    def longest(self) -> float:
        """Seconds that a call in flight may take."""
        return max((endpoint.timeout for endpoint, _ in list(self._known)), default=0.0)

    async def quiet(self) -> None:
        """Return when no call is in flight. On the loop, after `stop`."""
        while any(client.in_flight for client in list(self._known.values())):
            await asyncio.sleep(0.05)


CLIENTS = Clients()
