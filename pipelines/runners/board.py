"""A board that hangs between the driver and its actors: what was done is posted there, and whether to go on.

Ray kills the actors of a run that ends early. Calls that they have in flight are paid for, so before an end
the driver asks for quiet: no call begins any more, and those in flight are awaited and journalled.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pipelines.engine.flow import Observer
from workers.endpoint import CLIENTS
from workers.endpoint.loop import start

_LOOKS = 0.5
"""Seconds between looks at the board."""

_LONGEST = 200.0
"""Seconds that quiet is waited for, in case an actor died: longer than an endpoint's `timeout` by default.
Actors whose calls may take longer say so (`Board.allow`)."""

_MARGIN = 20.0
"""Seconds beside the longest `timeout`: to hear of the end, and to journal what came."""


class Board:
    """An actor. Posts of stages, and whether those who call have come to rest."""

    def __init__(self) -> None:
        self._posts: list[tuple[str, str, int]] = []
        self._begun: Counter[str] = Counter()
        self._calling = 0
        self._over = False
        self._longest = _LONGEST

    def post(self, what: tuple[str, str, int]) -> None:
        self._posts.append(what)

    def take(self) -> list[tuple[str, str, int]]:
        posts, self._posts = self._posts, []
        return posts

    def begun(self, work: str) -> int:
        """How often a piece of work was begun, this time included: again where a worker died over it."""
        self._begun[work] += 1
        return self._begun[work]

    def begin(self) -> bool:
        """An actor may make calls from now on; False where it is too late for that."""
        self._calling += not self._over
        return not self._over

    def end(self) -> None:
        """One makes none any more."""
        self._calling -= 1

    def stop(self) -> None:
        self._over = True

    def is_over(self) -> bool:
        return self._over

    def calling(self) -> int:
        """Actors that may have calls in flight."""
        return self._calling

    def allow(self, seconds: float) -> None:
        """An actor has calls that may take so long."""
        self._longest = max(self._longest, seconds + _MARGIN)

    def longest(self) -> float:
        """Seconds that quiet is worth waiting for."""
        return self._longest


def hang(ray: Any) -> Any:
    """A handle to a new board."""
    return ray.remote(num_cpus=0)(Board).remote()


def posting(ray: Any, board: Any) -> Callable[[str, str, int], None]:
    """In an actor: an observer that posts."""
    return lambda *what: ray.get(board.post.remote(what))


class Caller:
    """In an actor: once the board says so no call begins, and the board is told when those in flight are
    over."""

    def __init__(self, ray: Any, board: Any) -> None:
        self._ray = ray
        self._board = board
        self._busy = False
        self._lock = threading.Lock()
        threading.Thread(target=self._look, name="looking at the board", daemon=True).start()

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Calls may be in flight in this block; where it is too late for that none begins."""
        with self._lock:
            self._busy = self._ray.get(self._board.begin.remote())
        if not self._busy:
            CLIENTS.stop()  # the board may have said so since it was looked at last
        try:
            yield
        finally:
            self._rest()

    def _look(self) -> None:
        while not self._ray.get(self._board.is_over.remote()):
            time.sleep(_LOOKS)
        CLIENTS.stop()
        self._ray.get(self._board.allow.remote(CLIENTS.longest))
        start(CLIENTS.quiet()).result()
        self._rest()

    def _rest(self) -> None:
        with self._lock:
            if self._busy:
                self._busy = False
                self._ray.get(self._board.end.remote())


def quiet(ray: Any, board: Any) -> None:
    """In the driver: return when no call is in flight and none can begin."""
    ray.get(board.stop.remote())
    began = time.monotonic()
    while ray.get(board.calling.remote()) and time.monotonic() < began + ray.get(board.longest.remote()):
        time.sleep(_LOOKS)


@contextmanager
def interruptible(ray: Any, board: Any) -> Iterator[threading.Event]:
    """In the driver: the first Ctrl-C takes effect when all is quiet, a second one at once.

    Yields an event that says whether there was one.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked  # only the main thread hears signals
        return
    before: Any = signal.getsignal(signal.SIGINT)
    ending = threading.Lock()
    left = False

    def wind_down() -> None:
        quiet(ray, board)
        with ending:
            if not left:
                os.kill(os.getpid(), signal.SIGINT)

    def once(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)
        threading.Thread(target=wind_down, daemon=True).start()

    signal.signal(signal.SIGINT, once)
    try:
        yield asked
    finally:
        with ending:
            left = True
        signal.signal(signal.SIGINT, before)


@contextmanager
def shown(ray: Any, board: Any, observe: Observer) -> Iterator[None]:
    """Pass on what lanes post, twice a second, and all of it before the block ends."""
    done = threading.Event()

    def pass_on() -> None:
        while True:
            last = done.wait(_LOOKS)
            for stage, outcome, count in ray.get(board.take.remote()):
                observe(stage, outcome, count)
            if last:
                return

    thread = threading.Thread(target=pass_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(timeout=10)
