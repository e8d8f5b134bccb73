"""Push: bring a store up to date with an output folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec

from catalogs.errors import CatalogError, FolderError, StoreError
from catalogs.manifest import FILE as MANIFEST
from catalogs.manifest import Manifest, read_manifest
from catalogs.store import Store
from catalogs.tombstones import FILE as TOMBSTONES
from catalogs.tombstones import Tombstone, tombstones
from pipelines.engine.locks import shared
from pipelines.folder import OutputFolder, open_folder
from pipelines.mirror.index import (
    THREADS,
    Held,
    Index,
    hold,
    read_index,
    read_record,
    state_of,
    write_index,
    write_record,
)
from pipelines.mirror.lease import leased
from pipelines.mirror.parts import BLOBS, blobs_in, fans, in_order, listing, shards_of, tracked


@dataclass
class Pushed:
    """What travelled."""

    files: int = 0
    bytes: int = 0
    removed: int = 0


def push(out: Path, url: str, *, replace: bool = False, take_over: bool = False) -> Pushed:
    """Send what a store has not, manifest last; then remove there what is no longer here.

    A run may be at work in the folder: what it has finished so far is sent. `replace` pushes over what this
    folder never met, `take_over` although another push holds the store. Raises `StoreError`, `FolderError`.
    """
    folder = open_folder(out.resolve())
    store = Store(url)
    with shared(folder):
        manifest = read_manifest(folder.root)
        if manifest is None:
            raise FolderError(f"{folder.root} has no manifest yet: finish a `tracemill run` first")
        with leased(store, take_over=take_over) as still_ours:
            return _Push(folder, store, still_ours).all(manifest, replace=replace)


class _Push:
    def __init__(self, folder: OutputFolder, store: Store, still_ours: Callable[[], None]) -> None:
        self._folder = folder
        self._store = store
        self._still_ours = still_ours
        self._done = Pushed()

    def all(self, manifest: Manifest, *, replace: bool) -> Pushed:
        index = read_index(self._store) or Index()
        local = hold(self._folder.root, tracked(self._folder))
        if not replace:
            _must_follow(self._store, index, read_record(self._folder, self._store), local)
        _must_know_what_was_forgotten(self._folder, self._store)
        there = listing(self._store)
        sure = index.sure()
        due = {
            name: held
            for name, held in local.items()
            if there.get(name) != held.size or name not in sure or sure[name].sha256 != held.sha256
        }
        shards = {name: (self._folder.root / name).stat().st_size for name in shards_of(manifest)}

        looked_at = self._times_of_blobs()
        surplus = self._send_blobs(fans(self._folder, self._store))
        self._send_tracked(index, due, local)
        # A run at work has filed results since, and put their pictures before it did.
        self._send_blobs(fan for fan, time in self._times_of_blobs().items() if time != looked_at.get(fan))
        self._send(name for name, size in shards.items() if there.get(name) != size)
        self._move_manifest(index, due, local)
        self._remove(surplus)
        self._remove(name for name in there if name not in local and name not in shards)
        return self._done

    def _send_tracked(self, index: Index, due: Mapping[str, Held], local: dict[str, Held]) -> None:
        """All but the manifest. Before the first of them is replaced the index tells which ones may be, and
        after each slice which ones were."""
        if not due:
            return
        index.pending |= due
        write_index(self._store, index)
        for names in in_order(due.keys() - {MANIFEST}):
            for name, held in self._send(names).items():
                del index.pending[name]
                if held is not None:
                    index.files[name] = local[name] = held
                else:
                    index.files.pop(name, None)
                    del local[name]
            write_index(self._store, index)

    def _move_manifest(self, index: Index, due: Mapping[str, Held], local: dict[str, Held]) -> None:
        finished = Index(state=state_of(local), previous=index.state, files=local)
        write_record(self._folder, self._store, finished)
        if not due and index.files.keys() == local.keys() and not index.pending:
            return
        self._still_ours()
        if MANIFEST in due:
            self._send([MANIFEST])
        write_index(self._store, finished)

    def _times_of_blobs(self) -> dict[str, int]:
        """When each folder of blobs was added to last."""
        return {path.name: path.stat().st_mtime_ns for path in (self._folder.root / BLOBS).glob("*")}

    def _send_blobs(self, folders: Iterable[str]) -> list[str]:
        """Names of blobs that are in the store alone."""

        def one(fan: str) -> list[str]:
            local = blobs_in(self._folder, fan)
            there = self._store.names(f"{BLOBS}/{fan}")
            sent = [self._send_one(name) for name, size in local.items() if there.get(name) != size]
            self._count(sent)
            return [name for name in there if name not in local]

        with ThreadPoolExecutor(THREADS) as threads:
            return [name for names in threads.map(one, folders) for name in names]

    def _send(self, names: Iterable[str]) -> dict[str, Held | None]:
        """What was sent, which may have grown since it was looked at; None for a file that is gone."""
        names = list(names)
        with ThreadPoolExecutor(THREADS) as threads:
            sent = list(threads.map(self._send_one, names))
        self._count(sent)
        return dict(zip(names, sent, strict=True))

    def _send_one(self, name: str) -> Held | None:
        try:
            file = (self._folder.root / name).open("rb")
        except FileNotFoundError:
            return None
        with file:
            changed = os.fstat(file.fileno()).st_mtime_ns
            size, sha256 = self._store.write(name, file)
        return Held(size, sha256, changed)

    def _count(self, sent: Iterable[Held | None]) -> None:
        for held in sent:
            if held is not None:
                self._done.files += 1
                self._done.bytes += held.size

    def _remove(self, names: Iterable[str]) -> None:
        gone = [name for name in names if not (self._folder.root / name).exists()]
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(lambda name: self._store.remove([name]), gone))
        self._done.removed += len(gone)


def _must_follow(store: Store, index: Index, record: Index, local: Mapping[str, Held]) -> None:
    """Refuse to push over what somebody else has pushed since."""
    if index.state in ("", record.state, record.previous, state_of(local)):
        return
    since = "since this folder last met it" if record.state else "by another folder"
    raise StoreError(
        f"{store.url} was pushed to {since}: pull it (into a new folder, with --out, where this one has "
        "results of its own), or give --replace to push over it"
    )


def _must_know_what_was_forgotten(folder: OutputFolder, store: Store) -> None:
    """Refuse to bring back what was forgotten elsewhere, whatever else may be replaced."""
    known = {(stone.kind, stone.value) for stone in tombstones(folder.root)}
    lines = (store.read_if_there(TOMBSTONES) or b"").splitlines()
    try:
        stones = [msgspec.json.decode(line, type=Tombstone) for line in lines]
    except msgspec.MsgspecError as error:
        raise CatalogError(
            f"{store.url}/{TOMBSTONES} is damaged ({error}): restore it from a copy"
        ) from error
    for stone in stones:
        if (stone.kind, stone.value) not in known:
            raise StoreError(
                f"{stone.kind} {stone.value} was forgotten in {store.url} and not in {folder.root}: give "
                f"`tracemill forget --{stone.kind} '{stone.value}'` first"
            )
