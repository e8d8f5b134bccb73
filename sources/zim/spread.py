"""All articles of an archive, read by tasks of Ray where there is a cluster, else by this host's processors.

A task is a span of the archive's directory. What tasks return is given in the order of the archive, whoever
did them and whenever, so that what is made of it does not depend on how many there were.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from sources.zim.archive import open_archive
from workers.cluster import is_clustered, start_ray

ENTRIES = 2_000
"""Entries of the directory a task. A third of them are articles in a Wikipedia, the others redirects: some
seconds of work, and a few MB of text that a task returns. An archive of one task is read here."""

_AHEAD = 2
"""Tasks handed out a processor: one at work, and one that waits or whose result does."""

T = TypeVar("T")
Work = Callable[[str, int, int], Sequence[T]]
"""What is made of the entries from one number to before another of the archive at a path. A function of a
module, because it travels by name."""


def spread(work: Work[T], path: str, size: int = ENTRIES) -> Iterator[T]:
    """What `work` makes of the whole archive, in its order. What it raises ends the others."""
    count = open_archive(path).entry_count
    spans = [(start, min(start + size, count)) for start in range(0, count, size)]
    if len(spans) < 2:
        parts: Iterator[Sequence[T]] = (work(path, *span) for span in spans)
    elif is_clustered():
        parts = _on_ray(work, path, spans)
    else:
        parts = _on_processes(work, path, spans)
    for part in parts:
        yield from part


def _on_processes(work: Work[T], path: str, spans: Sequence[tuple[int, int]]) -> Iterator[Sequence[T]]:
    processes = min(len(os.sched_getaffinity(0)), len(spans))
    # Spawned, because this process may hold threads of an index or of Ray.
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            coming = iter(spans)
            first = islice(coming, processes * _AHEAD)
            waiting: deque[Future[Sequence[T]]] = deque(pool.submit(work, path, *span) for span in first)
            while waiting:
                part = waiting.popleft().result()
                waiting.extend(pool.submit(work, path, *span) for span in islice(coming, 1))
                yield part
        finally:
            pool.shutdown(cancel_futures=True)


def _on_ray(work: Work[T], path: str, spans: Sequence[tuple[int, int]]) -> Iterator[Sequence[T]]:
    ray: Any = start_ray()
    remote = ray.remote(num_cpus=1, max_retries=3)(work)
    ahead = max(2, int(ray.cluster_resources().get("CPU", 1)) * _AHEAD)
    coming = iter(spans)
    waiting = deque(remote.remote(path, *span) for span in islice(coming, ahead))
    while waiting:
        part: Sequence[T] = ray.get(waiting.popleft())
        waiting.extend(remote.remote(path, *span) for span in islice(coming, 1))
        yield part
