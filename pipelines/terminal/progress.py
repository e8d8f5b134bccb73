"""Live progress by stage: a table that grows as results come in, or lines where there is no terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from rich.console import Console
from rich.live import Live
from rich.table import Table

from catalogs.results import FAILED, KEPT, PASSED, REJECTED
from pipelines.engine.flow import Observer

_COLUMNS = (KEPT, REJECTED, FAILED, PASSED)
_EVERY = 500
"""Results between two plain lines, where output goes to a file."""


class Progress:
    """Counts of results computed by this run. Safe to call from any thread."""

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, int]] = {}
        self._lock = Lock()

    def observe(self, stage: str, outcome: str, count: int) -> None:
        with self._lock:
            row = self.counts.setdefault(stage, dict.fromkeys(_COLUMNS, 0))
            row[outcome] += count

    @property
    def total(self) -> int:
        with self._lock:
            return sum(sum(row.values()) for row in self.counts.values())

    def __rich__(self) -> Table:
        table = Table(title="computed in this run", title_justify="left")
        table.add_column("stage")
        for name in _COLUMNS:
            table.add_column(name, justify="right")
        with self._lock:
            for stage, row in self.counts.items():
                table.add_row(stage, *(str(row[name]) if row[name] else "" for name in _COLUMNS))
        return table


@contextmanager
def shown(console: Console) -> Iterator[Observer]:
    """Show progress while the block runs; yields the observer to report to."""
    progress = Progress()
    if console.is_terminal:
        with Live(progress, console=console, refresh_per_second=2):
            yield progress.observe
        return
    printed = 0

    def observe(stage: str, outcome: str, count: int) -> None:
        nonlocal printed
        progress.observe(stage, outcome, count)
        if progress.total - printed >= _EVERY:
            printed = progress.total
            console.print(f"{printed} results, now at {stage}")

    yield observe
