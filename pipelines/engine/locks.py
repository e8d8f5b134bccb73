"""Who is at work in an output folder: a lock a domain, and one that is waited for where work is shared.

    locks/<domain>.lock     held for a whole run; a second run of the domain is refused
    locks/shared.lock       held while harvest, manifest or catalog are brought up to date; waited for

Runs on disjoint domains go side by side. A lock names host, process and start time. One whose process is
gone is taken over, and what that process was writing is removed; one from another host cannot be checked
from here and counts as held.
"""

from __future__ import annotations

import fcntl
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

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
    while _take(folder, path, mine) is not None:
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
            if holder is not None and not holder.is_gone:
                return holder
            stale = path.exists()
            path.write_bytes(msgspec.json.encode(mine))
    if stale:
        _remove_leavings(folder, path.stem)
    return None


def _release(path: Path, mine: Holder) -> None:
    """Let go of a lock; one that another run has taken over since is that run's."""
    with _guarded(path):
        if _holder(path) == mine:
            path.unlink()


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
