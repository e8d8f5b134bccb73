"""Tasks that write parts, spread over a Ray cluster or over the processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from workers.cluster import is_clustered, start_ray

if TYPE_CHECKING:
    from sources.dumps.extract import Task

_AHEAD = 2
"""Tasks handed out a process: one at work, one that waits, so that what they carry stays small."""


def spread(tasks: Iterable[Task]) -> None:
    """Do all of them. What one raises ends the others; parts that are written by then stay."""
    from sources.dumps.extract import read_part

    coming = iter(tasks)
    first = list(islice(coming, 2))
    tasks = chain(first, coming)
    if len(first) < 2:  # not worth a process
        for task in tasks:
            read_part(task)
    elif is_clustered():
        _on_ray(tasks)
    else:
        _on_processes(tasks)


def _on_processes(tasks: Iterator[Task]) -> None:
    from sources.dumps.extract import read_part

    processes = len(os.sched_getaffinity(0))
    # Spawned, because this process may hold threads of an index or of Ray.
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        pending: set[Future[None]] = set()
        try:
            for task in tasks:
                pending.add(pool.submit(read_part, task))
                if len(pending) >= processes * _AHEAD:
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    for one in done:
                        one.result()
            for one in pending:
                one.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _on_ray(tasks: Iterator[Task]) -> None:
    from sources.dumps.extract import read_part

    ray: Any = start_ray()
    remote = ray.remote(num_cpus=1, max_retries=3)(read_part)
    most = max(2, int(ray.cluster_resources().get("CPU", 1)) * _AHEAD)
    pending: list[Any] = []
    for task in tasks:
        pending.append(remote.remote(task))
        if len(pending) >= most:
            done, pending = ray.wait(pending)
            ray.get(done)
    ray.get(pending)
