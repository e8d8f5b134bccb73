"""One event loop a process, in a thread of its own, on which all calls over HTTP wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")

THREADS = 16
"""For what would hold up the loop: searches in local indexes, pictures decoded, files written. Most of it
gives the interpreter's lock away; more threads than this would only take turns at it."""

_starting = threading.Lock()


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="endpoint calls", daemon=True).start()
    return loop


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="beside the loop")


def start(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Run on the loop; wait for the future from any thread but the loop's own."""
    with _starting:  # two threads that come first at once would make two loops
        loop = _loop()
    return asyncio.run_coroutine_threadsafe(work, loop)


async def beside(function: Callable[..., T], *arguments: Any) -> T:
    """Run something that takes its time in a thread, and await it; it is metered like its caller."""
    call = copy_context().run
    return await asyncio.get_running_loop().run_in_executor(_threads(), call, function, *arguments)


async def all_of(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results in order. All come to their end before the first error is raised: a call that was paid for
    is never left behind."""
    ends = await asyncio.gather(*works, return_exceptions=True)
    done: list[T] = []
    for end in ends:
        if isinstance(end, BaseException):
            raise end
        done.append(end)
    return done
