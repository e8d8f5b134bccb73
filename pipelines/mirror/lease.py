"""One push at a time: an object that only one of two can create, and that the other one reads."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec
import psutil

from catalogs.errors import StoreError
from catalogs.store import Store

FILE = "push.lock"


class Holder(msgspec.Struct, frozen=True):
    """Who pushes."""

    host: str
    pid: int
    started: float
    """When the process began, in seconds since 1970: its number may be another's by now."""
    since: str


@contextmanager
def leased(store: Store, *, take_over: bool = False) -> Iterator[Callable[[], None]]:
    """Hold a store for one push. What is yielded raises `StoreError` once somebody else has taken it over.

    A lease whose process is gone from this very host is taken over. About one from another host nothing can
    be told from here: it counts as held, unless `take_over` says otherwise. Raises `StoreError` with the
    holder's name.
    """
    mine = msgspec.json.encode(_me())
    if not store.create(FILE, mine) and store.read_if_there(FILE) != mine:
        holder = _holder(store)
        if not take_over and (holder is None or not _is_gone(holder)):
            raise StoreError(
                f"{store.url} is being pushed to{_told(holder)}: wait for it, or, if it is surely gone, push "
                "again with --take-over"
            )
        store.write(FILE, mine)

    def still_mine() -> None:
        if store.read_if_there(FILE) != mine:
            raise StoreError(
                f"another push took {store.url} over{_told(_holder(store))}: its manifest was left alone; "
                "push again when it is done"
            )

    try:
        yield still_mine
    finally:
        if store.read_if_there(FILE) == mine:
            store.remove([FILE])


def _me() -> Holder:
    return Holder(
        host=socket.gethostname(),
        pid=os.getpid(),
        started=psutil.Process().create_time(),
        since=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _holder(store: Store) -> Holder | None:
    """Who holds the lease; None where it is gone by now, or is being written this moment."""
    try:
        return msgspec.json.decode(store.read_if_there(FILE) or b"", type=Holder)
    except msgspec.MsgspecError:
        return None


def _is_gone(holder: Holder) -> bool:
    if holder.host != socket.gethostname():
        return False
    try:
        return float(psutil.Process(holder.pid).create_time()) != holder.started
    except psutil.NoSuchProcess:
        return True


def _told(holder: Holder | None) -> str:
    return f" by process {holder.pid} on {holder.host} since {holder.since}" if holder else ""
