"""Who is at work in an output folder: a lock a domain, and one that is waited for where work is shared.

    locks/<domain>.lock     held for a whole run; a second run of the domain is refused
    locks/shared.lock       held while harvest, manifest or catalog are brought up to date; waited for

Runs on disjoint domains go side by side. A lock names host, process and start time. One whose process is
gone is taken over, and what that process was writing is removed; one from another host cannot be checked
from here and counts as held.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from catalogs.errors import FolderError
from catalogs.files import TEMPORARY, storing
from catalogs.stage import StopRun
from pipelines.folder import OutputFolder

SHARED = "shared"
"""No domain has this name: it is no category."""

POLL = 0.2
"""Seconds between two looks at a lock that is waited for."""


@contextmanager
def locked(folder: OutputFolder, domains: Iterable[str], run: str = "") -> Iterator[None]:
    """Hold some domains for one run; raises `FolderError`, with who holds it, where one is held."""
    with ExitStack() as held:
        for domain in sorted(set(domains)):
            path = _path(folder, domain)
            holder = _take(folder, path, run)
            if holder is not None:
                raise FolderError(
                    f"{folder.root} is in use: process {holder['pid']} on {holder['host']} works on {domain} "
                    f"since {holder['since']}: wait for it, or, if it is surely gone, delete {path}"
                )
            held.callback(path.unlink, missing_ok=True)
        yield


@contextmanager
def shared(folder: OutputFolder, run: str = "") -> Iterator[None]:
    """Hold what all runs share, once whoever holds it is done."""
    path = _path(folder, SHARED)
    while _take(folder, path, run) is not None:
        time.sleep(POLL)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def must_hold(folder: OutputFolder, run: str, domain: str) -> None:
    """Raise `StopRun` where a run no longer holds a domain, nor what is shared.

    The workers of a run whose driver was killed live on for some seconds. What they write then could meet
    what the next run writes.
    """
    for name in (domain, SHARED):
        try:
            if json.loads(_path(folder, name).read_text())["run"] == run:
                return
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            continue
    raise StopRun(f"run {run} no longer holds {domain}: another run has taken over, this one ends")


def _path(folder: OutputFolder, name: str) -> Path:
    return folder.root / "locks" / f"{name}.lock"


def _take(folder: OutputFolder, path: Path, run: str) -> dict[str, Any] | None:
    """Take a lock, or tell who holds it. A stale one is taken over."""
    with storing(path):
        path.parent.mkdir(exist_ok=True)
        with path.with_name("guard").open("ab") as guard:
            # Looking and taking are one step for everybody, or two would take over the same stale lock.
            fcntl.flock(guard, fcntl.LOCK_EX)
            holder = _holder(path)
            if holder is not None:
                return holder
            stale = path.exists()
            path.write_text(json.dumps(_me() | {"run": run}))
    if stale:
        _remove_leavings(folder, path.stem)
    return None


def _me() -> dict[str, Any]:
    return {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "started": _process_start(os.getpid()),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _holder(path: Path) -> dict[str, Any] | None:
    """Who holds a lock; None where there is none, or it is stale or unreadable."""
    try:
        held: dict[str, Any] = json.loads(path.read_text())
        elsewhere = held["host"] != socket.gethostname()
        alive = elsewhere or _process_start(held["pid"]) == held["started"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return held if alive else None


def _remove_leavings(folder: OutputFolder, domain: str) -> None:
    """What a killed run was writing, unless it may be another run that is writing it."""
    locks = (folder.root / "locks").glob("*.lock")
    others = [lock for lock in locks if (held := _holder(lock)) and held["pid"] != os.getpid()]
    for leaving in sorted(folder.root.rglob(f"{TEMPORARY}*"), reverse=True):
        if others and not _belongs_to(domain, leaving):
            continue
        if leaving.is_dir():
            shutil.rmtree(leaving, ignore_errors=True)
        else:
            leaving.unlink(missing_ok=True)


def _belongs_to(domain: str, leaving: Path) -> bool:
    written = leaving.name.removeprefix(TEMPORARY).partition("-")[2]
    return domain == leaving.parent.name or written.startswith(f"{domain}-")


def _process_start(pid: int) -> float | None:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None
