"""Taking out what nothing rests on any more: results of earlier versions, galleries, pictures.

Old results are kept until somebody asks, because they make going back free.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from catalogs.ledger import Ledger
from catalogs.resting import read_results, results_in
from catalogs.stage import Stage
from pipelines.engine.graph import Graph
from pipelines.folder import OutputFolder
from pipelines.gallery import pinned_file

_NAMED = re.compile(rb"[0-9a-f]{64}")
"""Whatever looks like a SHA-256 in a document is taken for the name of a blob that is still needed."""


@dataclass
class Swept:
    """What was taken out, or would be."""

    results: Counter[str] = field(default_factory=Counter)
    """Stage -> results of versions that the graph does not have."""
    blobs: int = 0
    galleries: int = 0
    behind: list[str] = field(default_factory=list)
    """Domains whose current tables rest on other versions: of those everything is kept."""
    indexes: int = 0
    """Folders of indexes that the opened source does not name."""
    bytes: int = 0


def sweep(
    folder: OutputFolder, graph: Graph, beside: Iterable[Stage] = (), *, dry_run: bool = False
) -> Swept:
    """Keep what the stages of `graph` and those `beside` it have written, and what that names; the rest goes.

    Nothing goes of a domain that another graph brought up last: its shards rest on it.
    """
    swept = Swept(behind=_behind(folder, graph))
    current = {(stage.label, stage.fingerprint) for stage in (*graph.stages, *beside)}
    ledger = folder.ledger
    kept: list[tuple[str, str, str, str]] = []
    old: list[tuple[str, str, str, str]] = []
    for place in ledger.segments():
        (kept if place[:2] in current or place[2] in swept.behind else old).append(place)
    for stage, fingerprint, domain, bucket in old:
        swept.results[stage] += sum(1 for _ in ledger.alone(stage, fingerprint, domain, bucket).entries())
    used = {place[:2] for place in kept}
    folders = {ledger.root.joinpath(*(place[:3] if place[:2] in used else place[:2])) for place in old}
    for path in sorted(folders):
        swept.bytes += sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        if not dry_run:
            shutil.rmtree(path)
    for path in sorted(folder.index.glob("gallery-*.npz")):
        if path.name != pinned_file(folder):
            swept.galleries += 1
            swept.bytes += path.stat().st_size
            if not dry_run:
                path.unlink()
    needed = named_by(ledger, kept)
    for name in sorted(set(folder.blobs.names()) - needed):
        swept.blobs += 1
        swept.bytes += remove_blob(folder, name, dry_run=dry_run)
    return swept


def _behind(folder: OutputFolder, graph: Graph) -> list[str]:
    """Domains with a current table that holds what the stages of `graph` have not computed."""
    versions = {stage.label: stage.fingerprint for stage in graph.stages}
    behind: set[str] = set()
    for path in sorted(folder.current.glob("[!.]*.parquet")):
        domain, _, bucket = path.stem.rpartition("-")
        if domain in behind:
            continue
        for stage, results in read_results(path).items():
            segment = folder.ledger.segment(stage, versions.get(stage, "none"), domain, bucket)
            if not results <= results_in(segment):
                behind.add(domain)
    return sorted(behind)


def drop_folders(swept: Swept, indexes: Iterable[Path], *, dry_run: bool) -> None:
    """Take out index folders, and count them; bytes that a newer one shares by links are freed by neither."""
    for path in indexes:
        files = (file.stat() for file in path.rglob("*") if file.is_file())
        swept.indexes += 1
        swept.bytes += sum(one.st_size for one in files if one.st_nlink == 1)
        if not dry_run:
            shutil.rmtree(path)


def named_by(ledger: Ledger, places: Iterable[tuple[str, str, str, str]]) -> set[str]:
    """Every blob that the documents of some segments name."""
    names: set[str] = set()
    for place in places:
        segment = ledger.alone(*place)
        for entry in segment.entries():
            for document in segment.cells(entry).values():
                names.update(blobs_in(bytes(document)))
    return names


def blobs_in(document: bytes) -> Iterator[str]:
    """Every blob that a document names."""
    return (name.decode() for name in _NAMED.findall(document))


def remove_blob(folder: OutputFolder, name: str, *, dry_run: bool = False) -> int:
    """Delete a picture; how many bytes that frees."""
    path = folder.blobs.path(name)
    size = path.stat().st_size
    if not dry_run:
        path.unlink()
    return size
