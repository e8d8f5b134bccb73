"""Index folders: published whole, gone on with after a kill, told when damaged.

A folder is built under a hidden name beside its own and renamed when it is whole, so that readers on any
machine see all of it or nothing, and what they have open never changes. The name tells the content. A build
that was killed leaves the hidden folder; the next one goes on in it. One process builds, others wait for it.

``index.json`` is written last and lists every file with its size: what a copy or a disk has cut is found
before a reader maps it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from catalogs.files import storing, write_bytes
from sources.errors import SourceError

WHOLE = "index.json"
_PASSING = (".tantivy-writer.lock", ".tantivy-meta.lock")


class DamagedIndexError(SourceError):
    """An index folder is not as it was published; says which folder to delete."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in ``index.json``."""

    family: str
    """Indexes of one family hold the same kind of thing, and may be made from one another."""
    revision: str
    files: dict[str, int]
    """Path below the folder -> bytes."""


Build = Callable[[Path, Path | None], str]
"""Builds in a folder that may hold what a killed build has left; is also given the newest folder of the same
family, if there is one. Returns the revision of what it has built."""


def published(folder: Path, family: str, build: Build) -> Manifest:
    """The manifest of `folder`, which is built unless it is there.

    Raises `DamagedIndexError`, and `StorageError` where the disk refuses.
    """
    if folder.exists():
        return whole(folder)
    with storing(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            if folder.exists():  # another process has built it meanwhile
                return whole(folder)
            hidden = folder.with_name(f".{folder.name}")
            hidden.mkdir(exist_ok=True)
            if (hidden / WHOLE).exists():  # the last build was killed when nothing but its name was missing
                manifest = whole(hidden)
            else:
                revision = build(hidden, _newest(folder.parent, family))
                manifest = Manifest(family=family, revision=revision, files=_sizes(hidden))
                write_bytes(hidden / WHOLE, msgspec.json.encode(manifest, order="sorted"))
            hidden.replace(folder)
    return manifest


def whole(folder: Path) -> Manifest:
    """The manifest of a published folder, held against its files; raises `DamagedIndexError`."""
    try:
        manifest = msgspec.json.decode((folder / WHOLE).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise damaged(folder, f"{WHOLE}: {error}") from error
    sizes = _sizes(folder)
    for name, size in manifest.files.items():
        if sizes.get(name) != size:
            found = "is missing" if name not in sizes else f"has {sizes[name]:,} of {size:,} bytes"
            raise damaged(folder, f"{name} {found}")
    return manifest


def damaged(folder: Path, problem: object) -> DamagedIndexError:
    """The error that says how to go on."""
    return DamagedIndexError(
        f"the index in {folder} is damaged ({problem}): delete that folder and run again; it is built anew"
    )


def linked(previous: Path, folder: Path) -> None:
    """Give `folder` the files of a published one, as links where the disk has them: tantivy replaces files
    and never writes into one that is whole."""
    for name in whole(previous).files:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(previous / name, target)
        except OSError:
            shutil.copyfile(previous / name, target)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """While no other process builds `folder`. The lock ends with the process.

    Its file goes once the folder is there: who waited for it, or makes it again, finds the folder.
    """
    lock = folder.with_name(f".{folder.name}.lock")
    with lock.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    if folder.exists():
        lock.unlink(missing_ok=True)


def _newest(root: Path, family: str) -> Path | None:
    """The published folder of a family that was made last, damaged ones left out."""
    found = []
    for path in root.glob(f"[!.]*/{WHOLE}"):
        try:
            if whole(path.parent).family == family:
                found.append((path.stat().st_mtime_ns, path.parent))
        except (DamagedIndexError, OSError):
            continue
    return max(found)[1] if found else None


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes of every file below a folder but the manifest, and tantivy's lock files."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (WHOLE, *_PASSING)
    }
