"""One push at a time: an object that only one of two can create, and that the other one reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from catalogs.errors import StoreError
from catalogs.store import Store
from pipelines.engine.holder import Holder, holder_in, this_process

FILE = "push.lock"


@contextmanager
def leased(store: Store, *, take_over: bool = False) -> Iterator[Callable[[], None]]:
    """Hold a store for one push. What is yielded raises `StoreError` once somebody else has taken it over.

    A lease whose process is gone from this very host is taken over. About one from another host nothing can
    be told from here: it counts as held, unless `take_over` says otherwise. Raises `StoreError` with the
    holder's name.
    """
    mine = msgspec.json.encode(this_process())
    if not store.create(FILE, mine) and store.read_if_there(FILE) != mine:
        holder = holder_in(store.read_if_there(FILE))
        if not take_over and (holder is None or not holder.is_gone):
            raise StoreError(
                f"{store.url} is being pushed to{_told(holder)}: wait for it, or, if it is surely gone, push "
                "again with --take-over"
            )
        store.write(FILE, mine)

    def still_mine() -> None:
        held = store.read_if_there(FILE)
        if held != mine:
            raise StoreError(
                f"another push took {store.url} over{_told(holder_in(held))}: its manifest was left alone; "
                "push again when it is done"
            )

    try:
        yield still_mine
    finally:
        if store.read_if_there(FILE) == mine:
            store.remove([FILE])


def _told(holder: Holder | None) -> str:
    return f" by process {holder.pid} on {holder.host} since {holder.since}" if holder else ""
