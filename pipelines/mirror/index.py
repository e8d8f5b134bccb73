"""``store.json``: what a store holds, by digest; and the same of what a folder had in common with it last.

Of the two, three things are told: which files need not be sent, whether a folder has changed since it met the
store, and whether the store has.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from catalogs.digests import digest, digest_of, encode, sha256_of
from catalogs.errors import StoreError
from catalogs.files import write_if_changed
from catalogs.store import Store
from pipelines.folder import OutputFolder

FILE = "store.json"
FORMAT = 1

THREADS = 8
"""Transfers at once: a store across a network is waited for, not computed for."""


class Held(msgspec.Struct, frozen=True, array_like=True):
    """One tracked file."""

    size: int
    sha256: str
    changed: int
    """When it was written last, in nanoseconds since 1970: a pulled folder has the times of the first one,
    because the newest description of a stage is the one to compare with."""


class Index(msgspec.Struct, kw_only=True):
    """What a store holds."""

    format: int = FORMAT
    state: str = ""
    """`state_of` the files when the last push was finished; empty before that."""
    previous: str = ""
    """The state before that one. A push that is killed as it ends leaves the store in either."""
    files: dict[str, Held] = {}
    pending: dict[str, Held] = {}
    """What the push under way, or a killed one, was to write: each is there as in `files` or as here."""

    def sure(self) -> dict[str, Held]:
        """Files whose content is known."""
        return {name: held for name, held in self.files.items() if name not in self.pending}

    def names(self) -> set[str]:
        return self.files.keys() | self.pending.keys()

    def digests(self, name: str) -> set[str]:
        """What a file may be."""
        return {held[name].sha256 for held in (self.files, self.pending) if name in held}


def state_of(files: Mapping[str, Held]) -> str:
    """Digest of all tracked files, the manifest and through it the shards included."""
    return digest_of({name: held.sha256 for name, held in files.items()})


def read_index(store: Store) -> Index | None:
    """The index of a store, None where nothing was pushed; raises `StoreError` for a damaged one."""
    document = store.read_if_there(FILE)
    return None if document is None else _parsed(document, f"{store.url}/{FILE}")


def write_index(store: Store, index: Index) -> None:
    store.write(FILE, encode(index))


def read_record(folder: OutputFolder, store: Store) -> Index:
    """What this folder had in common with a store when they last met; an empty index where they never did."""
    path = _record(folder, store)
    return _parsed(path.read_bytes(), str(path)) if path.exists() else Index()


def write_record(folder: OutputFolder, store: Store, index: Index) -> None:
    write_if_changed(_record(folder, store), encode(index))


def hold(root: Path, names: list[str]) -> dict[str, Held]:
    """Digests of files of a folder; one that is gone by now is left out."""

    def one(name: str) -> Held | None:
        path = root / name
        try:
            status = path.stat()
            return Held(status.st_size, sha256_of(path), status.st_mtime_ns)
        except FileNotFoundError:
            return None

    with ThreadPoolExecutor(THREADS) as threads:
        found = zip(names, threads.map(one, names), strict=True)
        return {name: held for name, held in found if held is not None}


def _record(folder: OutputFolder, store: Store) -> Path:
    return folder.root / "stores" / f"{digest(store.url)[:16]}.json"


def _parsed(document: bytes, address: str) -> Index:
    try:
        index = msgspec.json.decode(document, type=Index)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StoreError(
            f"{address} is damaged ({error}): delete it, and push from a folder again"
        ) from error
    if index.format != FORMAT:
        raise StoreError(
            f"{address} has format {index.format}, this version knows {FORMAT}: upgrade Tracemill"
        )
    return index
