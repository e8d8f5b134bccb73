"""Writing so that what exists is whole (rule 5): a temporary name beside the target, then a rename."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY = ".tmp-"
"""Prefix of names that are being written; whatever still has it after a crash can be deleted."""


def temporary_beside(path: Path) -> Path:
    """A name in the same folder that no other process uses."""
    return path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path; when the block ends well, flush it to disk and rename it to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_beside(path)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Replace a file as a whole."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_if_changed(path: Path, data: bytes) -> bool:
    """Replace a file only where its bytes differ; True when it was written."""
    if path.exists() and path.read_bytes() == data:
        return False
    write_bytes(path, data)
    return True
