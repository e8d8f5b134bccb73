"""Counts model calls. Workers report; the engine reads what a stage has spent on a batch."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Spent:
    """Calls and tokens since the meter was opened."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0


_lock = threading.Lock()
_open: ContextVar[Spent | None] = ContextVar("spent", default=None)


def count_call(calls: int = 1, tokens_in: int = 0, tokens_out: int = 0) -> None:
    """Report model calls (one picture embedded, one chat reply, one drawing is one call)."""
    spent = _open.get()
    if spent is not None:
        with _lock:
            spent.calls += calls
            spent.tokens_in += tokens_in
            spent.tokens_out += tokens_out


@contextmanager
def metered() -> Iterator[Spent]:
    """All calls reported inside the block, by this thread and those in a copy of its context."""
    spent = Spent()
    token = _open.set(spent)
    try:
        yield spent
    finally:
        _open.reset(token)
