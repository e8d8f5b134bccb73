"""Pictures made ready by threads while the model works on those before them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

MOST_THREADS = 16
"""Pillow lets go of the interpreter while it scales, and a large GPU embeds faster than a few cores scale."""


@contextmanager
def prepared(inputs: Sequence[T], prepare: Callable[[T], R]) -> Iterator[list[Future[R]]]:
    """Futures of `prepare`, in order. Their results live until the block ends: hand over one stage's batch at
    a time."""
    threads = min(len(os.sched_getaffinity(0)), MOST_THREADS)
    with ThreadPoolExecutor(threads) as pool:
        try:
            yield [pool.submit(prepare, one) for one in inputs]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
