"""Counts model calls. Workers report; the engine reads what a stage has spent on a batch."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Spent:
    """Calls, tokens and money since the meter was opened."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    micros: int = 0
    """Millionths of the currency that the profile states its prices in."""


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


def count_money(micros: int) -> None:
    """Report what a call to an endpoint cost, also where its answer was kept from an earlier run."""
    spent = _open.get()
    if spent is not None and micros:
        with _lock:
            spent.micros += micros


@contextmanager
def metered() -> Iterator[Spent]:
    """All calls reported inside the block, by this thread and those in a copy of its context."""
    spent = Spent()
    token = _open.set(spent)
    try:
        yield spent
    finally:
        _open.reset(token)
