"""Emit: what a finished bucket leaves behind, a shard and the table of its current results.

    shards/<domain>-<bucket>-<digest>.tar, .parquet    verified trajectories
    current/<domain>-<bucket>.parquet                  one row a record and stage, with documents; the
                                                       catalog and the funnel are made from these

Nothing is written for a bucket whose results are those that the files on disk were made from.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.digests import digest_of
from catalogs.errors import LedgerError, ShardError
from catalogs.files import replacing
from catalogs.ledger import FAILED, Cells
from catalogs.manifest import ShardEntry
from catalogs.records import COLUMNS
from catalogs.shards import Sample, sample_of, write_shard
from catalogs.trajectory import published, validate_recaption
from pipelines.flow import Record, Step, Walk
from pipelines.folder import OutputFolder

VERSION = "1"
"""Of what `emit` writes: a new version writes every shard anew."""

CURRENT = pa.schema(
    [
        ("position", pa.int32()),
        ("stage", pa.string()),
        ("grain", pa.string()),
        ("key", pa.string()),
        ("entity_id", pa.string()),
        ("domain", pa.string()),
        ("bucket", pa.string()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("attempts", pa.int32()),
        ("calls", pa.int64()),
        ("tokens_in", pa.int64()),
        ("tokens_out", pa.int64()),
        ("seconds", pa.float64()),
        ("run", pa.string()),
        ("cells", pa.large_string()),
    ]
)


class Report(msgspec.Struct, frozen=True):
    """What became of a bucket, for the driver."""

    domain: str
    bucket: str
    kept: int
    failed: int
    shard: ShardEntry | None = None


def emit(walk: Walk, folder: OutputFolder, *, ships: bool, run: str) -> Report:
    """Write shard and current table of a walked bucket; raises `ShardError` for what must not ship."""
    failed = sum(step.entry.outcome == FAILED for step in walk.steps)
    shard = None
    if ships:
        inputs = inputs_of(walk)
        if walk.records:
            shard = write_shard(
                folder.shards,
                walk.bucket.domain,
                walk.bucket.name,
                _samples(walk, folder),
                run=run,
                inputs=inputs,
            )
        _write_current(walk, folder, inputs, shard)
    return Report(walk.bucket.domain, walk.bucket.name, len(walk.records), failed, shard)


def inputs_of(walk: Walk) -> str:
    """Digest of all results of a bucket: changes when, and only when, there is something to write."""
    results = [
        (
            s.stage,
            s.record.key,
            s.entry.outcome,
            s.entry.reason,
            s.entry.detail,
            s.entry.attempts,
            s.entry.digests,
        )
        for s in walk.steps
    ]
    return digest_of((VERSION, results))


def written_from(folder: OutputFolder, domain: str, bucket: str) -> tuple[str, ShardEntry | None] | None:
    """What `inputs_of` was when the bucket was written, and its shard; None when it was not, or is gone."""
    path = current_path(folder, domain, bucket)
    if not path.exists():
        return None
    try:
        metadata = pq.read_schema(path).metadata
        shard = msgspec.json.decode(metadata[b"shard"], type=ShardEntry | None)
    except (pa.ArrowException, OSError, KeyError, TypeError, msgspec.DecodeError) as error:
        raise LedgerError(f"{path} cannot be read ({error}): delete this file and run again") from error
    if shard is not None and not _is_there(folder.root, shard):
        return None
    return metadata[b"inputs"].decode(), shard


def current_path(folder: OutputFolder, domain: str, bucket: str) -> Path:
    return folder.current / f"{domain}-{bucket}.parquet"


def _is_there(root: Path, shard: ShardEntry) -> bool:
    tar = root / shard.url
    return tar.exists() and tar.stat().st_size == shard.filesize and (root / shard.sidecar).exists()


def _samples(walk: Walk, folder: OutputFolder) -> Iterator[Sample]:
    for record in sorted(walk.records, key=lambda record: record.key):
        cells = _decoded(record)
        _must_be_sound(record.key, cells)
        yield sample_of(cells, _published(walk.bucket.domain, cells), folder.blobs)


def _decoded(record: Record) -> dict[str, Any]:
    return {column: record.value(column) for column in COLUMNS if column in record.cells}


def _published(domain: str, cells: dict[str, Any]) -> bytes:
    """The document, with its keys in the published order."""
    columns = (
        "prompt",
        "gap",
        "text_trace",
        "image_trace",
        "selection",
        "recaption",
        "proof",
        "verdict",
        "attempts",
    )
    return msgspec.json.encode(published(domain=domain, **{column: cells[column] for column in columns}))


def _must_be_sound(key: str, cells: dict[str, Any]) -> None:
    """The last gate: whatever stages decided, no malformed recaption and no unproven one ships."""
    recaption = cells["recaption"]
    problems = validate_recaption(
        recaption.text,
        recaption.think,
        recaption.language,
        [reference.label for reference in cells["selection"].references],
    )
    if problems or not cells["verdict"].passed:
        raise ShardError(f"{key} must not ship: {problems or cells['verdict'].reasons}; please report this")


def _write_current(walk: Walk, folder: OutputFolder, inputs: str, shard: ShardEntry | None) -> None:
    rows = [_current_row(step, walk) for step in walk.steps]
    metadata = {"inputs": inputs, "shard": msgspec.json.encode(shard).decode()}
    table = pa.Table.from_pylist(rows, schema=CURRENT.with_metadata(metadata))
    with replacing(current_path(folder, walk.bucket.domain, walk.bucket.name)) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def _current_row(step: Step, walk: Walk) -> dict[str, object]:
    entry = step.entry
    cells: Cells = dict(step.cells())
    return {
        "position": step.position,
        "stage": step.stage,
        "grain": step.grain,
        "key": step.record.key,
        "entity_id": step.record.entity_id,
        "domain": walk.bucket.domain,
        "bucket": walk.bucket.name,
        "outcome": entry.outcome,
        "reason": entry.reason,
        "detail": entry.detail,
        "attempts": entry.attempts,
        "calls": entry.calls,
        "tokens_in": entry.tokens_in,
        "tokens_out": entry.tokens_out,
        "seconds": entry.seconds,
        "run": entry.run,
        "cells": msgspec.json.encode(cells).decode(),
    }
