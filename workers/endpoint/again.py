"""What endpoints refused is asked again for the records that ``tracemill retry`` takes up, for no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_until: ContextVar[int] = ContextVar("until", default=-1)


@contextmanager
def asking_again(until: int) -> Iterator[None]:
    """Calls inside the block are made anew where they were refused until then (seconds since 1970): by this
    thread, and by those in a copy of its context."""
    token = _until.set(until)
    try:
        yield
    finally:
        _until.reset(token)


def again_until() -> int:
    """Until when refusals do not count here; -1 where all of them do."""
    return _until.get()
