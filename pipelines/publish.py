"""Publish: from the current tables of all buckets to manifest, splits, catalog, funnel and report.

Everything here is derived, and replaced as a whole only where it changed; the manifest moves first, because
splits and catalog speak of the shards that it names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.database import CELLS, build_database
from catalogs.digests import encode
from catalogs.errors import LedgerError
from catalogs.funnel import Funnel, check_funnel, funnel_of
from catalogs.manifest import (
    Manifest,
    ShardEntry,
    manifest_of,
    read_manifest,
    remove_unlisted,
    write_manifest,
)
from catalogs.records import COLUMNS
from catalogs.report import report_of, write_report
from catalogs.splits.factip import BenchmarkItem, FactipReport, training_entities, write_factip
from catalogs.splits.unified_bench import SourcePicture, UnifiedReport, write_unified_bench
from pipelines.buckets import Bucket
from pipelines.emit import CURRENT, current_path, written_from
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
    remove_unlisted(folder.root, manifest)

    table = _current(folder)
    grains = dict(zip(table["stage"].to_pylist(), table["grain"].to_pylist(), strict=True))
    outcomes = table.drop_columns(["grain", "cells"])
    check_funnel(outcomes, grains)
    funnel = funnel_of(outcomes, grains)

    documents = _documents(table)
    documents["ref"] = {ref.entity_id: encode(ref).decode() for b in buckets for ref in b.refs}
    factip, unified_bench = _write_splits(folder, manifest, documents, gallery)
    build_database(
        folder.database,
        outcomes=outcomes,
        cells={column: _cells(found) for column, found in documents.items()},
        sidecars=[folder.root / entry.sidecar for entry in manifest.shardlist],
        manifest=manifest,
        runs=_runs(folder),
    )
    write_report(folder.root, report_of(funnel, manifest, facts))
    return Published(funnel, manifest, factip, unified_bench)


def _forget_split_buckets(folder: OutputFolder, buckets: Sequence[Bucket], chosen: Sequence[Bucket]) -> None:
    """Tables of buckets that have split since: their records are in the tables of the new ones.

    In a domain that was not asked for the new ones are not made yet, so the old table stays.
    """
    others = {bucket.domain for bucket in buckets} - {bucket.domain for bucket in chosen}
    known = {current_path(folder, bucket.domain, bucket.name) for bucket in chosen}
    for path in folder.current.glob("[!.]*.parquet"):
        if path not in known and path.stem.rpartition("-")[0] not in others:
            path.unlink()


def _shards(folder: OutputFolder) -> Iterator[ShardEntry]:
    for path in sorted(folder.current.glob("[!.]*.parquet")):
        domain, _, bucket = path.stem.rpartition("-")
        written = written_from(folder, domain, bucket)
        if written is not None and written[1] is not None:
            yield written[1]


def _current(folder: OutputFolder) -> pa.Table:
    tables = []
    for path in sorted(folder.current.glob("[!.]*.parquet")):
        try:
            tables.append(pq.read_table(path, partitioning=None).replace_schema_metadata(None))
        except (pa.ArrowException, OSError) as error:
            raise LedgerError(f"{path} cannot be read ({error}): delete this file and run again") from error
    return pa.concat_tables(tables) if tables else CURRENT.empty_table()


def _documents(table: pa.Table) -> dict[str, dict[str, str]]:
    """Column -> key -> the newest document: later stages overwrite what earlier ones wrote."""
    decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
    found: dict[str, dict[str, str]] = {column: {} for column in COLUMNS}
    rows = table.select(["position", "key", "cells"]).sort_by("position")
    for key, cells in zip(rows["key"].to_pylist(), rows["cells"].to_pylist(), strict=True):
        for column, document in decode(cells).items():
            found[column][key] = bytes(document).decode()
    for prompts in list(found["prompts"].values()):
        for prompt in msgspec.json.decode(prompts, type=list[msgspec.Raw]):
            key = msgspec.json.decode(prompt)["key"]
            found["prompt"][key] = bytes(prompt).decode()
    return found


def _cells(documents: dict[str, str]) -> pa.Table:
    return pa.table({"key": list(documents), "document": list(documents.values())}, schema=CELLS)


def _write_splits(
    folder: OutputFolder, manifest: Manifest, documents: dict[str, dict[str, str]], gallery: GalleryIndex
) -> tuple[FactipReport, UnifiedReport]:
    """Both splits from reserved entities alone."""

    def decoded(column: str, key: str) -> Any:
        return msgspec.json.decode(documents[column][key], type=COLUMNS[column])

    training = training_entities(folder.root / entry.sidecar for entry in manifest.shardlist)
    items = []
    for key in sorted(documents["reservation"]):
        if decoded("reservation", key).split != "train":
            prompt = decoded("prompt", key)
            entity_id = key.partition("-")[0]
            items.append(
                BenchmarkItem(
                    entity=decoded("entity", entity_id),
                    prompt=prompt,
                    ground_truth=decoded("ground_truth", entity_id),
                )
            )
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
    return [msgspec.json.decode(path.read_bytes()) for path in sorted(folder.runs.glob("[!.]*.json"))]
