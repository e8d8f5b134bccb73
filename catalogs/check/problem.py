"""What a check finds, and what helps."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from catalogs.records import Record

T = TypeVar("T")
R = TypeVar("R")


class Problem(Record, frozen=True, kw_only=True):
    """Something that is not whole, or does not agree."""

    file: str
    """Relative to the output folder."""
    what: str
    remedy: str
    delete: list[str] = []
    """Files and folders that go before the next run, relative to the output folder."""


def told(file: str, what: str, *, why: str = "it is made anew from the ledger") -> Problem:
    """A problem that the next run sees and mends by itself."""
    return Problem(file=file, what=what, remedy=f"run again: {why}")


def doubted(
    file: str, what: str, *others: str, itself: bool = True, why: str = "made anew from the ledger"
) -> Problem:
    """A problem that the next run does not see: the file goes, with what else rests on it."""
    delete = [*([file] if itself else []), *others]
    return Problem(
        file=file, what=what, remedy=f"delete {_listed(delete)} and run again: {why}", delete=delete
    )


def at_once(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """`work` on every item in threads, in the order of the items. Reading and hashing release the GIL."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(work, items)


def files_in(folder: Path, pattern: str = "[!.]*") -> list[Path]:
    """Files that match, sorted; none where there is no such folder."""
    return sorted(path for path in folder.glob(pattern) if path.is_file())


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
