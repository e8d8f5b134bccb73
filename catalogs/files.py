"""Writing so that what exists is whole (rule 5): a temporary name beside the target, then a rename.

A disk that refuses a write is told in one place, `storing`: everything that is kept is written inside it.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from catalogs.errors import StorageError

TEMPORARY = ".tmp-"
"""Prefix of names that are being written; whatever still has it after a crash can be deleted."""

_ELSEWHERE = "or choose another folder with --out"
_REFUSALS = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space or raise the quota",
    errno.EFBIG: "raise the limit on the size of a file (ulimit -f)",
    errno.EROFS: f"mount it writable, {_ELSEWHERE}",
    errno.EACCES: f"change its permissions, {_ELSEWHERE}",
    errno.EPERM: f"change its permissions, {_ELSEWHERE}",
    errno.EIO: f"the disk may be failing: check it, {_ELSEWHERE}",
}
"""What helps when the disk refuses a write."""

FULL = (errno.ENOSPC, errno.EDQUOT)
"""What a disk without room says, wherever a library writes."""

_UNFLUSHABLE = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)
"""How fsync says that it does not take folders."""


def temporary_beside(path: Path) -> Path:
    """A name in the same folder that no other process and no other thread uses."""
    return path.with_name(f"{TEMPORARY}{os.getpid()}-{threading.get_ident()}-{path.name}")


def target_of(temporary: Path) -> str:
    """The name that a file or folder made by `temporary_beside` was to get."""
    return temporary.name.removeprefix(TEMPORARY).split("-", 2)[-1]


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turn a refusal of the disk into a `StorageError` that names `path`; any other error passes through.

    Wrap a whole piece of work with the folder as `path` to catch what its parts did not name.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        inside = f" at {error.filename}" if error.filename and path.is_dir() else ""
        raise StorageError(
            f"{path} cannot be written{inside} ({os.strerror(error.errno)}): {_REFUSALS[error.errno]}, "
            "then give the same command again; everything finished is kept"
        ) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path; when the block ends well, flush it to disk and rename it to `path`.

    Raises `StorageError` where the disk refuses; `path` is then as it was.
    """
    temporary = temporary_beside(path)
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.replace(path)
            flush_folder(path.parent)
        except BaseException:
            for written_too in path.parent.glob(f"{escape(temporary.name)}*"):  # DuckDB leaves a ``.wal``
                remove_quietly(written_too)
            raise


def flush_folder(folder: Path) -> None:
    """Have the names in a folder on disk, so that a rename is there after a power cut, and before whatever is
    removed next. A file system that cannot flush folders keeps its own promises."""
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _UNFLUSHABLE:
                raise
        finally:
            os.close(descriptor)


def remove_quietly(temporary: Path) -> None:
    """Delete what was being written; a disk that refuses that too must not hide why it was not finished."""
    with suppress(OSError):
        temporary.unlink(missing_ok=True)


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
