"""What of an output folder is kept in a store, and in which order it travels.

    blobs/                  named by content: sent first, never sent twice
    tracked files           known by their digests in ``store.json``, in the order of `rank`
    shards/                 named by content; those of the manifest
    manifest.json           last

Left behind is what belongs to one machine or is made anew in a moment: locks, text indexes, gallery pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from catalogs.files import TEMPORARY
from catalogs.ledger import DESCRIPTION
from catalogs.manifest import FILE as MANIFEST
from catalogs.manifest import SHARDS, Manifest
from catalogs.review.report import HTML, JSON
from catalogs.store import Store
from catalogs.tombstones import FILE as TOMBSTONES
from pipelines.folder import MARKER, OutputFolder
from pipelines.gallery import pinned_file

BLOBS = "blobs"
SLICE, SLICES = 1000, 16
"""Tracked files that travel between two notes in ``store.json`` of how far a push has come: so many, or so
many times as often as fit into all. The note names every file, and 100,000 of them make some 30 MB."""

FOLDERS = ("calls", "ledger", "surveys", "index", "runs", "current", "splits")
FILES = (MARKER, TOMBSTONES, HTML, JSON, "catalog.duckdb", MANIFEST)

_RANKS = {"current": 4, "splits": 5, "catalog.duckdb": 6, MANIFEST: 7}


def rank(name: str) -> int:
    """Place of a tracked file in the order. What was forgotten is told first. A journal travels before the
    table that it is folded into, so that a result is in one of them whenever a copy was made."""
    if name in (MARKER, TOMBSTONES):
        return 0
    area = name.partition("/")[0]
    if area == "ledger":
        return 1 if name.endswith(DESCRIPTION) else 2 if name.endswith(".journal") else 3
    return _RANKS.get(area, 5 if area in (HTML, JSON) else 1)


def tracked(folder: OutputFolder) -> list[str]:
    """Names of the tracked files of an output folder, sorted."""
    root = folder.root
    names = {name for name in FILES if (root / name).is_file()}
    for area in FOLDERS:
        names.update(_below(root, root / area))
    gallery = {f"index/{name}" for name in ("gallery.json", pinned_file(folder)) if name}
    return sorted(name for name in names if not name.startswith("index/") or name in gallery)


def listing(store: Store) -> dict[str, int]:
    """Name -> size of all that a store holds of this, blobs aside. What else lies there is left alone."""
    found: dict[str, int] = {}
    for area in (*FOLDERS, SHARDS):
        found |= store.names(area)
    sizes = {name: store.size(name) for name in FILES}
    return found | {name: size for name, size in sizes.items() if size is not None}


def in_order(names: Iterable[str]) -> Iterator[list[str]]:
    """In the order in which they travel: lists of one rank each, of `SLICE` or a part in `SLICES` of all."""
    ordered = sorted(names, key=lambda name: (rank(name), name))
    size = max(SLICE, len(ordered) // SLICES)
    for _, group in groupby(ordered, key=rank):
        same = list(group)
        for start in range(0, len(same), size):
            yield same[start : start + size]


def shards_of(manifest: Manifest) -> dict[str, str]:
    """Name -> SHA-256 of every tar and sidecar."""
    return {entry.url: entry.sha256 for entry in manifest.shardlist} | {
        entry.sidecar: entry.sidecar_sha256 for entry in manifest.shardlist
    }


def fans(folder: OutputFolder, store: Store) -> list[str]:
    """Folders of blobs, here and there: listed one by one, so that a million names are never held at once."""
    here = folder.root / BLOBS
    local = {path.name for path in here.iterdir() if path.is_dir()} if here.exists() else set()
    return sorted(local | set(store.folders(BLOBS)))


def blobs_in(folder: OutputFolder, fan: str) -> dict[str, int]:
    """Name -> size of the blobs in one of the `fans`."""
    place = folder.root / BLOBS / fan
    return {
        f"{BLOBS}/{fan}/{path.name}": path.stat().st_size
        for path in (place.iterdir() if place.is_dir() else ())
        if not path.name.startswith(TEMPORARY)
    }


def _below(root: Path, area: Path) -> Iterator[str]:
    for path in area.rglob("*"):
        if path.is_file() and not any(part.startswith(TEMPORARY) for part in path.relative_to(root).parts):
            yield path.relative_to(root).as_posix()
