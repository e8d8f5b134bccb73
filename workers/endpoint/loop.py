"""One event loop a process, in a thread of its own, on which all calls over HTTP wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")

_starting = threading.Lock()


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="endpoint calls", daemon=True).start()
    return loop


def start(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Run on the loop; wait for the future from any thread but the loop's own."""
    with _starting:  # two threads that come first at once would make two loops
        loop = _loop()
    return asyncio.run_coroutine_threadsafe(work, loop)
