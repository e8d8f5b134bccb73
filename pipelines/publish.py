"""Publish: from the current tables of all buckets to manifest, catalog, splits, funnel and report.

Everything here is derived, and replaced as a whole only where it changed; the manifest moves first, because
catalog and splits speak of the shards that it names. DuckDB reads the current tables; what comes back into
Python are counts, and the documents of reserved entities.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from catalogs.errors import CatalogError
from catalogs.folders import standing_still
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
from catalogs.review.report import report_of, write_report
from catalogs.splits.factip import BenchmarkItem
from catalogs.sql.database import build_database, opened
from pipelines.engine.buckets import Bucket
from pipelines.engine.emit import current_path, written_in
from pipelines.folder import OutputFolder
from pipelines.splitting.by_text import Splits, bring_up_splits, said_of
from sources.babelnet.quota import days_of
from verifiers.negatives import GalleryIndex


@dataclass(frozen=True)
class Published:
    """What is current after a run."""

    funnel: Funnel
    manifest: Manifest
    splits: Splits


def publish(
    folder: OutputFolder,
    buckets: Sequence[Bucket],
    chosen: Sequence[Bucket],
    gallery: GalleryIndex,
    facts: Mapping[str, str],
) -> Published:
    """Bring everything derived up to date with the current tables; raises `FunnelError` for a lost row.

    `chosen` are those of the `buckets` that were brought up just now. `facts` is what the report says of the
    run's settings. Another run may go on replacing tables of other domains: what is published is how they
    stood at the beginning.
    """
    others = _untouched(buckets, chosen)
    _forget_split_buckets(folder, chosen, others)
    with standing_still(folder.current) if others else nullcontext(folder.current) as current:
        return _published(folder, _tables(current), buckets, others, gallery, facts)


def _published(
    folder: OutputFolder,
    tables: Sequence[Path],
    buckets: Sequence[Bucket],
    others: Set[str],
    gallery: GalleryIndex,
    facts: Mapping[str, str],
) -> Published:
    manifest = manifest_of(_shards(folder, tables), version("tracemill"), read_manifest(folder.root))
    write_manifest(folder.root, manifest)
    remove_unlisted(folder.root, manifest, others)
    build_database(
        folder.database,
        current=tables,
        sidecars=[folder.root / entry.sidecar for entry in manifest.shardlist],
        manifest=manifest,
        refs=[ref for bucket in buckets for ref in bucket.refs],
        runs=_runs(folder),
        quotas=days_of(folder.index),
    )
    with opened(folder.database) as catalog:
        funnel = funnel_of(catalog)
        items = _reserved(catalog)
    splits = bring_up_splits(folder, manifest, items, gallery)
    write_report(folder.root, report_of(funnel, manifest, {**facts, **said_of(splits)}))
    return Published(funnel, manifest, splits)


def _forget_split_buckets(folder: OutputFolder, chosen: Sequence[Bucket], others: Set[str]) -> None:
    """Tables of buckets that have split since: their records are in the tables of the new ones.

    In a domain that was not asked for the new ones are not made yet, so the old table stays.
    """
    known = {current_path(folder, bucket.domain, bucket.name) for bucket in chosen}
    for path in _tables(folder.current):
        if path not in known and path.stem.rpartition("-")[0] not in others:
            path.unlink()


def _untouched(buckets: Sequence[Bucket], chosen: Sequence[Bucket]) -> set[str]:
    """Domains in which another run may be at work."""
    return {bucket.domain for bucket in buckets} - {bucket.domain for bucket in chosen}


def _tables(current: Path) -> list[Path]:
    return sorted(current.glob("[!.]*.parquet"))


def _shards(folder: OutputFolder, tables: Sequence[Path]) -> Iterator[ShardEntry]:
    for path in tables:
        written = written_in(path, folder.root)
        if written is not None and written.shard is not None:
            yield written.shard


def _reserved(catalog: duckdb.DuckDBPyConnection) -> list[BenchmarkItem]:
    """The prompts that are kept out of training, by key; an entity's own documents are decoded once."""
    entities: dict[str, tuple[Entity, list[Picture]]] = {}
    items = []
    rows = catalog.execute("SELECT entity_id, entity, prompt, ground_truth FROM reserved ORDER BY key")
    for entity_id, entity, prompt, ground_truth in iter(rows.fetchone, None):
        if entity_id not in entities:
            entities[entity_id] = (
                msgspec.json.decode(entity, type=Entity),
                msgspec.json.decode(ground_truth, type=list[Picture]),
            )
        known, pictures = entities[entity_id]
        asked = msgspec.json.decode(prompt, type=Prompt)
        items.append(BenchmarkItem(entity=known, prompt=asked, ground_truth=pictures))
    return items


def _runs(folder: OutputFolder) -> list[dict[str, Any]]:
    return [_run_record(path) for path in sorted(folder.runs.glob("[!.]*.json"))]


def _run_record(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise CatalogError(f"{path} is damaged ({error}): delete it and run again") from error
