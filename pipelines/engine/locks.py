"""Who is at work in an output folder: a lock a domain, and one that is waited for where work is shared.

    locks/<domain>.lock     held for a whole run; a second run of the domain is refused
    locks/shared.lock       held while harvest, manifest or catalog are brought up to date; waited for

Runs on disjoint domains go side by side. A lock names host, process and start time. One whose process is
gone is taken over, and what that process was writing is removed; one from another host cannot be checked
from here and counts as held. Whoever holds a lock keeps its file locked (flock), by which containers and
machines that share a host name tell whether another one still lives.
"""

from __future__ import annotations

import fcntl
import logging
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from catalogs.errors import FolderError
from catalogs.files import TEMPORARY, storing, target_of
from catalogs.stage import StopRun
from pipelines.engine.holder import Holder, holder_in, this_process
from pipelines.folder import OutputFolder

SHARED = "shared"
"""No domain has this name: it is no category."""

POLL = 0.2
"""Seconds between two looks at a lock that is waited for."""

PATIENCE = 30.0
"""Seconds after which it is told who is waited for: whoever waits for a host that is gone waits for ever."""

_open: dict[Path, BinaryIO] = {}
"""Files of the locks that this process holds."""


@contextmanager
def locked(folder: OutputFolder, domains: Iterable[str], run: str = "") -> Iterator[None]:
    """Hold some domains for one run; raises `FolderError`, with who holds it, where one is held."""
    mine = this_process(run)
    with ExitStack() as held:
        for domain in sorted(set(domains)):
            path = _path(folder, domain)
            holder = _take(folder, path, mine)
            if holder is not None:
                raise FolderError(
                    f"{folder.root} is in use: process {holder.pid} on {holder.host} works on {domain} "
                    f"since {holder.since}: wait for it, or, if it is surely gone, delete {path}"
                )
            held.callback(_release, path, mine)
        yield


@contextmanager
def shared(folder: OutputFolder, run: str = "") -> Iterator[None]:
    """Hold what all runs share, once whoever holds it is done."""
    path, mine = _path(folder, SHARED), this_process(run)
    tell = time.monotonic() + PATIENCE
    while (holder := _take(folder, path, mine)) is not None:
        if time.monotonic() > tell:
            tell = float("inf")
            logging.getLogger(__name__).warning(
                f"waiting for process {holder.pid} on {holder.host}, at work since {holder.since}: "
                f"if it is surely gone, delete {path}"
            )
        time.sleep(POLL)
    try:
        yield
    finally:
        _release(path, mine)


def must_hold(folder: OutputFolder, run: str, domain: str) -> None:
    """Raise `StopRun` where a run no longer holds a domain, nor what is shared.

    The workers of a run whose driver was killed live on for some seconds. What they write then could meet
    what the next run writes.
    """
    for name in (domain, SHARED):
        holder = _holder(_path(folder, name))
        if holder is not None and holder.run == run:
            return
    raise StopRun(f"run {run} no longer holds {domain}: another run has taken over, this one ends")


def _path(folder: OutputFolder, name: str) -> Path:
    return folder.root / "locks" / f"{name}.lock"


def _holder(path: Path) -> Holder | None:
    """Who a lock names; None where there is no lock, or an unreadable one."""
    try:
        return holder_in(path.read_bytes())
    except FileNotFoundError:
        return None


@contextmanager
def _guarded(path: Path) -> Iterator[None]:
    """Looking at a lock and changing it are one step for everybody, or two would take over the same one."""
    with path.with_name("guard").open("ab") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def _take(folder: OutputFolder, path: Path, mine: Holder) -> Holder | None:
    """Take a lock, or tell who holds it. A stale one is taken over."""
    with storing(path):
        path.parent.mkdir(exist_ok=True)
        with _guarded(path):
            holder = _holder(path)
            if holder is not None and not _is_gone(path, holder):
                return holder
            stale = path.exists()
            path.write_bytes(msgspec.json.encode(mine))
            _open[path] = path.open("rb")
            fcntl.flock(_open[path], fcntl.LOCK_SH)
    if stale:
        _remove_leavings(folder, path.stem)
    return None


def _release(path: Path, mine: Holder) -> None:
    """Let go of a lock; one that another run has taken over since is that run's."""
    with _guarded(path):
        _open.pop(path).close()
        if _holder(path) == mine:
            path.unlink()


def _is_gone(path: Path, holder: Holder) -> bool:
    if not holder.is_namesake:
        return holder.is_gone
    with path.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _remove_leavings(folder: OutputFolder, domain: str) -> None:
    """What a killed run was writing, unless it may be another run that is writing it."""
    me = this_process()
    holders = [_holder(path) for path in (folder.root / "locks").glob("*.lock")]
    others = any(
        holder is not None and not holder.is_gone and (holder.host, holder.pid) != (me.host, me.pid)
        for holder in holders
    )
    for leaving in sorted(folder.root.rglob(f"{TEMPORARY}*"), reverse=True):
        if others and not _belongs_to(domain, leaving):
            continue
        if leaving.is_dir():
            shutil.rmtree(leaving, ignore_errors=True)
        else:
            leaving.unlink(missing_ok=True)


def _belongs_to(domain: str, leaving: Path) -> bool:
    """Segments of the ledger stand in a folder of their domain; shards and tables begin with its name."""
    return domain == leaving.parent.name or target_of(leaving).startswith(f"{domain}-")
