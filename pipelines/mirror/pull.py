"""Pull: bring an output folder to what a store holds, with every byte checked against its digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec

from catalogs.digests import sha256
from catalogs.errors import FolderError, StoreError
from catalogs.files import replacing
from catalogs.manifest import FILE as MANIFEST
from catalogs.manifest import parse_manifest, remove_unlisted
from catalogs.store import Store
from pipelines.engine.locks import locked, shared
from pipelines.folder import MARKER, OutputFolder, open_folder
from pipelines.mirror.index import (
    THREADS,
    Held,
    Index,
    hold,
    read_index,
    read_record,
    write_record,
)
from pipelines.mirror.parts import BLOBS, blobs_in, fans, in_order, listing, shards_of, tracked
from pipelines.upkeep.sweep import named_by


@dataclass
class Pulled:
    """What travelled."""

    files: int = 0
    bytes: int = 0
    removed: int = 0


def pull(out: Path, url: str) -> Pulled:
    """Fetch what the folder has not, manifest last; then remove from it what the store does not hold.

    Nothing is overwritten that was computed here and never pushed. Raises `StoreError` for an object that is
    missing or not what its digest says, `FolderError` where the folder is in use or has results of its own.
    """
    store = Store(url)
    index = read_index(store)
    if index is None or MANIFEST not in index.files:
        raise StoreError(f"{store.url} holds no output folder: push one with `tracemill push {store.url}`")
    folder = open_folder(out.resolve(), create=True)
    with locked(folder, _domains({*index.names(), *tracked(folder)})), shared(folder):
        return _Pull(folder, store, index).all()


class _Pull:
    def __init__(self, folder: OutputFolder, store: Store, index: Index) -> None:
        self._folder = folder
        self._store = store
        self._index = index
        self._done = Pulled()

    def all(self) -> Pulled:
        local = hold(self._folder.root, tracked(self._folder))
        record = read_record(self._folder, self._store)
        self._must_be_known(local, record)
        there = listing(self._store)
        wanted = sorted(name for name in self._index.names() if name in there)
        self._must_be_there(self._index.files.keys() - there.keys())
        # From here on a file may be as it was or as the store has it; a pull that is killed can be repeated.
        write_record(
            self._folder,
            self._store,
            Index(state=record.state, files=local, pending={name: self._newest(name) for name in wanted}),
        )
        surplus = self._fetch_blobs()
        held = dict(local)
        due = [n for n in wanted if n not in local or local[n].sha256 not in self._index.digests(n)]
        for names in in_order(set(due) - {MANIFEST}):
            held |= self._fetch(there, {name: self._index.digests(name) for name in names})
        document = self._store.read(MANIFEST)
        if sha256(document) not in self._index.digests(MANIFEST):
            raise self._damaged(MANIFEST)
        manifest = parse_manifest(document, f"{self._store.url}/{MANIFEST}")
        shards = {
            name: {digest} for name, digest in shards_of(manifest).items() if not self._has(there, name)
        }
        self._fetch(there, shards)

        if read_index(self._store) != self._index:
            raise StoreError(
                f"{self._store.url} was pushed to while this pull was under way: give the same command again"
            )
        if MANIFEST in due:
            held |= self._fetch(there, {MANIFEST: {sha256(document)}})
        self._remove(name for name in local if name not in wanted)
        self._done.removed += len(remove_unlisted(self._folder.root, manifest))
        if surplus:
            needed = named_by(self._folder.ledger, self._folder.ledger.segments())
            self._remove(name for name in surplus if name.rpartition("/")[2] not in needed)
        files = {name: held[name] for name in wanted}
        write_record(self._folder, self._store, Index(state=self._index.state, files=files))
        return self._done

    def _must_be_known(self, local: Mapping[str, Held], record: Index) -> None:
        """Refuse to overwrite what is in this folder alone."""
        own = [
            name
            for name, held in local.items()
            if held.sha256 not in record.digests(name) | self._index.digests(name)
            and not (name == MARKER and _has_no_source(self._folder.root / name))
        ]
        if own:
            raise FolderError(
                f"{self._folder.root} has {len(own)} files that were never in {self._store.url} ({own[0]}): "
                "push them first, or pull into another folder with --out"
            )

    def _must_be_there(self, missing: Set[str]) -> None:
        if missing:
            raise StoreError(
                f"{self._store.url}/{min(missing)} is missing, with {len(missing) - 1} more: push again from "
                "a folder that has it"
            )

    def _newest(self, name: str) -> Held:
        return self._index.pending.get(name) or self._index.files[name]

    def _has(self, there: Mapping[str, int], name: str) -> bool:
        """Whether a file that is named by its content is here, whole."""
        path = self._folder.root / name
        return name in there and path.exists() and path.stat().st_size == there[name]

    def _fetch_blobs(self) -> list[str]:
        """Names of blobs that are in this folder alone."""

        def one(fan: str) -> tuple[list[int], list[str]]:
            local = blobs_in(self._folder, fan)
            there = self._store.names(f"{BLOBS}/{fan}")
            sizes = [self._fetch_blob(name) for name, size in there.items() if local.get(name) != size]
            return sizes, [name for name in local if name not in there]

        with ThreadPoolExecutor(THREADS) as threads:
            found = list(threads.map(one, fans(self._folder, self._store)))
        for sizes, _ in found:
            self._done.files += len(sizes)
            self._done.bytes += sum(sizes)
        return [name for _, names in found for name in names]

    def _fetch_blob(self, name: str) -> int:
        data = self._store.read(name)
        if sha256(data) != name.rpartition("/")[2]:
            raise self._damaged(name)
        self._folder.blobs.put(data)
        return len(data)

    def _fetch(self, there: Mapping[str, int], digests: Mapping[str, set[str]]) -> dict[str, Held]:
        """Fetch files whose content must have one of some digests."""
        self._must_be_there(digests.keys() - there.keys())

        def one(name: str) -> Held:
            changed = self._newest(name).changed if name in self._index.names() else None
            path = self._folder.root / name
            hashed = hashlib.sha256()
            with replacing(path) as temporary:
                with temporary.open("wb") as file:
                    for part in self._store.parts(name, there[name]):
                        hashed.update(part)
                        file.write(part)
                if hashed.hexdigest() not in digests[name]:
                    raise self._damaged(name)
                if changed is not None:
                    os.utime(temporary, ns=(changed, changed))
            return Held(there[name], hashed.hexdigest(), changed or 0)

        with ThreadPoolExecutor(THREADS) as threads:
            fetched = dict(zip(digests, threads.map(one, digests), strict=True))
        self._done.files += len(fetched)
        self._done.bytes += sum(held.size for held in fetched.values())
        return fetched

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            (self._folder.root / name).unlink(missing_ok=True)
            self._done.removed += 1

    def _damaged(self, name: str) -> StoreError:
        return StoreError(
            f"{self._store.url}/{name} is not what its digest says: if a push is under way, pull again after "
            "it; if not, it is damaged: delete it there and push again from a folder that has it"
        )


def _domains(names: Iterable[str]) -> set[str]:
    """Those of the segments (``ledger/<stage>/<fingerprint>/<domain>/<bucket>...``) among some files."""
    parts = [name.split("/") for name in names if name.startswith("ledger/")]
    return {domain for *_, domain, _ in (part for part in parts if len(part) == 5)}


def _has_no_source(marker: Path) -> bool:
    """Whether a folder was made but never run in."""
    return "source" not in msgspec.json.decode(marker.read_bytes())
