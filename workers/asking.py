"""Which call to an endpoint was made for which record of a batch.

A result keeps the digests of the calls that it rests on (`catalogs.results.Entry.asked`), so that they can be
taken out of the journal with it. The engine opens the book for a batch (`asked_for`), clients write every
call into it, answered now or earlier. In between whoever knows says for whom: a dialogue is of one record; a
worker that takes the requests of many is told whose each one is. What nobody told is of the whole batch.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

Places = Collection[int]
"""Records, by their place in the batch."""

EVERYBODY = -1


class Asked:
    """Digests of the calls of a batch, by record."""

    def __init__(self) -> None:
        self._of: dict[int, set[bytes]] = defaultdict(set)
        self._lock = threading.Lock()

    def add(self, digests: Collection[bytes], places: Places) -> None:
        with self._lock:
            for place in places:
                self._of[place].update(digests)

    def of(self, place: int) -> frozenset[bytes]:
        """Those of one record, and those of which nobody told for whom they were made."""
        with self._lock:
            return frozenset(self._of.get(place, set()) | self._of.get(EVERYBODY, set()))


_book: ContextVar[Asked | None] = ContextVar("book", default=None)
_places: ContextVar[Places] = ContextVar("places", default=(EVERYBODY,))
_requests: ContextVar[Sequence[Places]] = ContextVar("requests", default=())
_heard: ContextVar[tuple[set[bytes], ...]] = ContextVar("heard", default=())


def note_call(*digests: bytes) -> None:
    """Write down that calls are made, or looked up, for whom the context says."""
    book = _book.get()
    if book is not None:
        book.add(digests, _places.get())
    for heard in _heard.get():
        heard.update(digests)


@contextmanager
def asked_for() -> Iterator[Asked]:
    """All calls of a batch, by this thread and by those in a copy of its context."""
    book = Asked()
    with _set(_book, book):
        yield book


@contextmanager
def for_record(place: int) -> Iterator[None]:
    """What is asked inside the block is for this record."""
    with _set(_places, (place,)):
        yield


@contextmanager
def for_records(requests: Sequence[Places]) -> Iterator[None]:
    """Whose each request is that a worker is about to be given."""
    with _set(_requests, requests):
        yield


@contextmanager
def for_requests(*numbers: int) -> Iterator[None]:
    """What a worker asks inside the block is for these of the requests that it was given."""
    requests = _requests.get()
    places = {place for number in numbers if number < len(requests) for place in requests[number]}
    with _set(_places, tuple(sorted(places)) or _places.get()):
        yield


@contextmanager
def overheard() -> Iterator[set[bytes]]:
    """All calls inside the block, for whoever shares their answer: each `note_call`s them as its own."""
    heard: set[bytes] = set()
    with _set(_heard, (*_heard.get(), heard)):
        yield heard


@contextmanager
def _set(variable: ContextVar[T], value: T) -> Iterator[None]:
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
