"""What every case measures with: seconds, peak memory, and where its figures go."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil

RESULTS = Path("build") / "bench"


@dataclass
class Measured:
    """`seconds` of wall clock, `peak_mib` of resident memory over this process and its children."""

    seconds: float = 0.0
    peak_mib: float = 0.0
    _done: Event = field(default_factory=Event, repr=False)

    def _watch(self) -> None:
        me = psutil.Process()
        while True:
            self.peak_mib = max(self.peak_mib, _resident(me) / 2**20)
            if self._done.wait(0.1):
                return


@contextmanager
def measured() -> Iterator[Measured]:
    """Time a block and sample its memory ten times a second."""
    result = Measured()
    watcher = Thread(target=result._watch, daemon=True)
    watcher.start()
    started = time.perf_counter()
    try:
        yield result
    finally:
        result.seconds = time.perf_counter() - started
        result._done.set()
        watcher.join()


def _resident(process: psutil.Process) -> int:
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            info = one.memory_info()
        except psutil.Error:
            continue
        total += info.rss if one.pid == process.pid else info.rss - getattr(info, "shared", 0)
    return total


def report(case: str, figures: Mapping[str, Any]) -> None:
    """Print the figures and keep them in ``build/bench/<case>.json``."""
    result = {
        "case": case,
        "machine": {
            "cpus": len(os.sched_getaffinity(0)),
            "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
            "python": platform.python_version(),
        },
        **figures,
    }
    text = json.dumps(result, indent=2)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{case}.json").write_text(text + "\n")
    print(text)
