"""Publish: from the current tables of all buckets to manifest, catalog, splits, funnel and report.

Everything here is derived, and replaced as a whole only where it changed; the manifest moves first, because
catalog and splits speak of the shards that it names. DuckDB reads the current tables; what comes back into
Python are counts, and the documents of reserved entities.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from catalogs.database import build_database, opened
from catalogs.errors import CatalogError
from catalogs.funnel import Funnel, funnel_of
from catalogs.manifest import (
    Manifest,
    ShardEntry,
    manifest_of,
    read_manifest,
    remove_unlisted,
    write_manifest,
)
from catalogs.records import Entity, Picture, Prompt
from catalogs.report import report_of, write_report
from catalogs.splits.factip import BenchmarkItem, FactipReport, training_entities, write_factip
from catalogs.splits.unified_bench import SourcePicture, UnifiedReport, write_unified_bench
from pipelines.buckets import Bucket
from pipelines.emit import current_path, written_from
from pipelines.folder import OutputFolder
from verifiers.negatives import GalleryIndex


@dataclass(frozen=True)
class Published:
    """What is current after a run."""

    funnel: Funnel
    manifest: Manifest
    factip: FactipReport
    unified_bench: UnifiedReport


def publish(
    folder: OutputFolder,
    buckets: Sequence[Bucket],
    chosen: Sequence[Bucket],
    gallery: GalleryIndex,
    facts: Mapping[str, str],
) -> Published:
    """Bring everything derived up to date with the current tables; raises `FunnelError` for a lost row.

    `chosen` are those of the `buckets` that were brought up just now. `facts` is what the report says of the
    run's settings.
    """
    _forget_split_buckets(folder, buckets, chosen)
    manifest = manifest_of(_shards(folder), version("tracemill"), read_manifest(folder.root))
    write_manifest(folder.root, manifest)
    remove_unlisted(folder.root, manifest, _untouched(buckets, chosen))
    build_database(
        folder.database,
        current=_tables(folder),
        sidecars=[folder.root / entry.sidecar for entry in manifest.shardlist],
        manifest=manifest,
        refs=[ref for bucket in buckets for ref in bucket.refs],
        runs=_runs(folder),
    )
    with opened(folder.database) as catalog:
        funnel = funnel_of(catalog)
        items = _reserved(catalog)
    factip, unified_bench = _write_splits(folder, manifest, items, gallery)
    write_report(folder.root, report_of(funnel, manifest, facts))
    return Published(funnel, manifest, factip, unified_bench)


def _forget_split_buckets(folder: OutputFolder, buckets: Sequence[Bucket], chosen: Sequence[Bucket]) -> None:
    """Tables of buckets that have split since: their records are in the tables of the new ones.

    In a domain that was not asked for the new ones are not made yet, so the old table stays.
    """
    others = _untouched(buckets, chosen)
    known = {current_path(folder, bucket.domain, bucket.name) for bucket in chosen}
    for path in _tables(folder):
        if path not in known and path.stem.rpartition("-")[0] not in others:
            path.unlink()


def _untouched(buckets: Sequence[Bucket], chosen: Sequence[Bucket]) -> set[str]:
    """Domains in which another run may be at work."""
    return {bucket.domain for bucket in buckets} - {bucket.domain for bucket in chosen}


def _tables(folder: OutputFolder) -> list[Path]:
    return sorted(folder.current.glob("[!.]*.parquet"))


def _shards(folder: OutputFolder) -> Iterator[ShardEntry]:
    for path in _tables(folder):
        domain, _, bucket = path.stem.rpartition("-")
        written = written_from(folder, domain, bucket)
        if written is not None and written[1] is not None:
            yield written[1]


def _reserved(catalog: duckdb.DuckDBPyConnection) -> list[BenchmarkItem]:
    """The prompts that are kept out of training, by key; an entity's own documents are decoded once."""
    entities: dict[str, tuple[Entity, list[Picture]]] = {}
    items = []
    rows = catalog.execute("SELECT entity_id, entity, prompt, ground_truth FROM reserved ORDER BY key")
    for entity_id, entity, prompt, ground_truth in rows.fetchall():
        if entity_id not in entities:
            entities[entity_id] = (
                msgspec.json.decode(entity, type=Entity),
                msgspec.json.decode(ground_truth, type=list[Picture]),
            )
        known, pictures = entities[entity_id]
        asked = msgspec.json.decode(prompt, type=Prompt)
        items.append(BenchmarkItem(entity=known, prompt=asked, ground_truth=pictures))
    return items


def _write_splits(
    folder: OutputFolder, manifest: Manifest, items: Sequence[BenchmarkItem], gallery: GalleryIndex
) -> tuple[FactipReport, UnifiedReport]:
    """Both splits from reserved entities alone."""
    training = training_entities(folder.root / entry.sidecar for entry in manifest.shardlist)
    factip = write_factip(folder.splits / "factip", items, training, folder.blobs)
    loaded = gallery.load()
    sources, rows = [], []
    for entity in {item.entity.entity_id: item for item in items}.values():
        row = loaded.row_of(entity.entity.entity_id)
        if row is not None:
            rows.append(row)
            sources.append(
                SourcePicture(
                    entity_id=entity.entity.entity_id,
                    title=entity.entity.title,
                    domain=entity.entity.domain,
                    picture=entity.ground_truth[0],
                )
            )
    features = loaded.features[rows, 0] if rows else loaded.features[:0, 0]
    return factip, write_unified_bench(folder.splits / "unified-bench", sources, features, folder.blobs)


def _runs(folder: OutputFolder) -> list[dict[str, Any]]:
    return [_run_record(path) for path in sorted(folder.runs.glob("[!.]*.json"))]


def _run_record(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise CatalogError(f"{path} is damaged ({error}): delete it and run again") from error
