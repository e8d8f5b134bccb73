"""Emit: what a finished bucket leaves behind, a shard and the table of its current results.

    shards/<domain>-<bucket>-<digest>.tar, .parquet    verified trajectories
    current/<domain>-<bucket>.parquet                  one row a record and stage, with documents; the
                                                       catalog and the funnel are made from these

Nothing is written for a bucket whose results are those that the files on disk were made from.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.digests import digest_of
from catalogs.errors import LedgerError, ShardError
from catalogs.failures import rests
from catalogs.files import replacing
from catalogs.judges import judges_of
from catalogs.manifest import ShardEntry
from catalogs.records import COLUMNS
from catalogs.results import FAILED, Cells
from catalogs.shards import Sample, sample_of, write_shard
from catalogs.trajectory import published, validate_recaption
from pipelines.engine.buckets import Bucket
from pipelines.engine.graph import Graph
from pipelines.engine.walk import Record, Step, Walk
from pipelines.folder import OutputFolder

VERSION = "4"
"""Of what `emit` writes: a new version writes every shard anew."""

_PARQUET = b"PAR1"
"""The first and the last four bytes of every file (Parquet format, "File format")."""

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
        ("micros", pa.int64()),
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


class Written(NamedTuple):
    """What the current table of a bucket says of itself: what it and its shard were made from."""

    inputs: str
    """`inputs_of` the walk."""
    shard: ShardEntry | None
    plan: str = ""
    """`plan_of` the graph that was walked: while it is the same, no lookup can find anything to do."""
    harvest: str = ""
    """The same of the harvest alone, by which the gallery is planned."""
    failed: int = 0
    """Records that failed, dead letters included."""
    unsettled: int = 0
    """Records that the next run takes up: failed ones with tries left, and those without a result."""


def emit(walk: Walk, graph: Graph, folder: OutputFolder, *, ships: bool, run: str) -> Report:
    """Write shard and current table of a walked bucket; raises `ShardError` for what must not ship."""
    failures = [step.entry for step in walk.steps if step.entry.outcome == FAILED]
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
        lost = sum(not rests(entry.reason, entry.attempts) for entry in failures)
        written = Written(
            inputs=inputs,
            shard=shard,
            plan=plan_of(graph.fingerprint, walk.bucket),
            harvest=plan_of(Graph(graph.steps[:1]).fingerprint, walk.bucket),
            failed=len(failures),
            unsettled=lost + sum(map(len, walk.missing.values())),
        )
        _write_current(walk, folder, written)
    return Report(walk.bucket.domain, walk.bucket.name, len(walk.records), len(failures), shard)


def plan_of(fingerprint: str, bucket: Bucket) -> str:
    """Digest of all that a walk depends on besides the ledger: the graph, and which entities there are."""
    return digest_of((VERSION, fingerprint, bucket.refs))


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


def written_from(folder: OutputFolder, domain: str, bucket: str) -> Written | None:
    """What a bucket was written from; None when it was not, or its shard is gone. Raises as `written_in`."""
    return written_in(current_path(folder, domain, bucket), folder.root)


def written_in(path: Path, root: Path) -> Written | None:
    """What a current table says of itself; None where there is none, or its shard is not below `root`.

    Raises `LedgerError` for a table that cannot be read.
    """
    if not path.exists():
        return None
    try:
        written = msgspec.json.decode(pq.read_schema(path).metadata[b"written"], type=Written)
    except (pa.ArrowException, OSError, KeyError, TypeError, msgspec.MsgspecError) as error:
        raise LedgerError(f"{path} cannot be read ({error}): delete this file and run again") from error
    if written.shard is not None and not _is_there(root, written.shard):
        return None
    return written


def current_path(folder: OutputFolder, domain: str, bucket: str) -> Path:
    return folder.current / f"{domain}-{bucket}.parquet"


def _is_there(root: Path, shard: ShardEntry) -> bool:
    """As far as can be told without reading it: `tracemill check` compares hashes."""
    tar, sidecar = root / shard.url, root / shard.sidecar
    return tar.exists() and tar.stat().st_size == shard.filesize and sidecar.exists() and _has_end(sidecar)


def _has_end(table: Path) -> bool:
    """Whether a Parquet file ends as every one does; one that was cut does not."""
    with table.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - len(_PARQUET), 0))
        return file.read() == _PARQUET


def _samples(walk: Walk, folder: OutputFolder) -> Iterator[Sample]:
    for record in sorted(walk.records, key=lambda record: record.key):
        yield shippable(walk.bucket.domain, _decoded(record), folder)


def shippable(domain: str, cells: dict[str, Any], folder: OutputFolder) -> Sample:
    """The sample of a proven record; raises `ShardError` for one that must not ship."""
    _must_be_sound(cells["prompt"].key, cells)
    return sample_of(cells, _published(domain, cells), folder.blobs)


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
    held = {column: cells[column] for column in columns}
    measured = {
        column: cells[column] for column in ("proof_judgement", "benefit", "process") if column in cells
    }
    return msgspec.json.encode(published(domain=domain, **held, **measured, judges=judges_of(cells)))


def _must_be_sound(key: str, cells: dict[str, Any]) -> None:
    """The last gate: whatever stages decided, no malformed recaption and no unproven one ships."""
    problems = _problems(cells)
    if problems or not cells["verdict"].passed:
        raise ShardError(f"{key} must not ship: {problems or cells['verdict'].reasons}; please report this")


def _problems(cells: dict[str, Any]) -> list[str]:
    """What is wrong with a recaption. Where nothing was searched for it has to be the prompt, word for word,
    and there is no reference for it to speak of."""
    recaption, references = cells["recaption"], cells["selection"].references
    if not cells["gap"].needs_search:
        return [] if recaption.text == cells["prompt"].text and not references else ["not-the-prompt"]
    labels = [reference.label for reference in references]
    return validate_recaption(recaption.text, recaption.think, recaption.language, labels)


def _write_current(walk: Walk, folder: OutputFolder, written: Written) -> None:
    rows = [_current_row(step, walk) for step in walk.steps]
    table = pa.Table.from_pylist(rows, schema=CURRENT)
    write_current(current_path(folder, walk.bucket.domain, walk.bucket.name), table, written)


def write_current(path: Path, table: pa.Table, written: Written) -> None:
    """Replace the table of a bucket, with what it says of itself."""
    metadata = {"written": msgspec.json.encode(written).decode()}
    with replacing(path) as temporary:
        pq.write_table(table.replace_schema_metadata(metadata), temporary, compression="zstd")


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
        "micros": entry.micros,
        "seconds": entry.seconds,
        "run": entry.run,
        "cells": msgspec.json.encode(cells).decode(),
    }
