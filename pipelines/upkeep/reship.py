"""A bucket written anew from its own table, without some of its results: what `tracemill forget` leaves.

No stage is asked and no graph is needed. The next run finds the bucket unsettled and computes what is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catalogs.records import COLUMNS, Prompt
from catalogs.results import FAILED, Entry
from catalogs.shards import Sample, write_shard
from pipelines.engine.emit import Written, current_path, shippable, write_current, written_from
from pipelines.folder import OutputFolder

Condemned = Callable[[str, str], bool]
"""(key, stage) -> whether this result goes."""

DUE = "Forgotten"
"""Error class of a record that lost its result: it counts as failed until the next run has computed it."""

_cells = msgspec.json.Decoder(dict[str, msgspec.Raw])


def reship(
    folder: OutputFolder, domain: str, bucket: str, condemned: Condemned, struck: Set[str], run: str
) -> bool:
    """Take results out of a bucket's table, and out of its shard every trajectory that rests on one.

    False where nothing had to go. A record that lost a result stands in the table as failed, so that none
    vanishes; entities that are `struck` (ids) leave no trace.
    """
    path = current_path(folder, domain, bucket)
    table = pq.read_table(path, partitioning=None)
    pairs = zip(table["key"].to_pylist(), table["stage"].to_pylist(), strict=True)
    stays = [not condemned(key, stage) for key, stage in pairs]
    if all(stays):
        return False
    lost = table.filter(pc.invert(pa.array(stays)))
    gone = set(lost["key"].to_pylist())
    due = _due(lost, gone, struck, run)
    left = pa.concat_tables([table.filter(pa.array(stays)), due])
    if not left.num_rows:
        path.unlink()
        return True
    written = written_from(folder, domain, bucket)
    shard = None
    if written is not None and written.shard is not None:
        sidecar = folder.root / written.shard.sidecar
        shipped = pq.read_table(sidecar, columns=["key"], partitioning=None)["key"].to_pylist()
        keys = [key for key in sorted(shipped) if key not in gone and key.partition("-")[0] not in gone]
        if keys:
            samples = _samples(left, domain, keys, folder)
            shard = write_shard(folder.shards, domain, bucket, samples, run=run, inputs="")
    write_current(path, left, Written(inputs="", shard=shard, failed=due.num_rows, unsettled=due.num_rows))
    return True


def lost_result(entry: Entry, run: str) -> Entry:
    """What takes the place of the first result that a record lost."""
    detail = "its evidence was taken down: the next run computes it from what is left"
    return Entry(entry.key, entry.inputs, FAILED, DUE, detail, attempts=0, run=run)


def _due(lost: pa.Table, gone: Set[str], struck: Set[str], run: str) -> pa.Table:
    """For each record the first result that it lost, as a failure; prompts of an entity that is itself due
    have not come into being."""
    first: dict[str, dict[str, Any]] = {}
    for row in lost.sort_by("position").to_pylist():
        entity_id = row["entity_id"]
        if entity_id not in struck and (row["key"] == entity_id or entity_id not in gone):
            first.setdefault(row["key"], row)
    rows = []
    for key, row in sorted(first.items()):
        entry = lost_result(Entry(key, "", FAILED), run)
        rows.append(
            {name: getattr(entry, name, row.get(name)) for name in lost.column_names} | {"cells": "{}"}
        )
    return pa.Table.from_pylist(rows, schema=lost.schema)


def _samples(table: pa.Table, domain: str, keys: list[str], folder: OutputFolder) -> Iterator[Sample]:
    entities = {key.partition("-")[0] for key in keys}
    wanted = table.filter(pc.is_in(table["key"], pa.array([*keys, *entities]))).sort_by("position")
    newest: dict[str, dict[str, msgspec.Raw]] = {}
    for key, cells in zip(wanted["key"].to_pylist(), wanted["cells"].to_pylist(), strict=True):
        newest.setdefault(key, {}).update(_cells.decode(cells))
    for key in keys:
        of_entity = _decoded(newest[key.partition("-")[0]])
        prompts: list[Prompt] = of_entity.pop("prompts")
        prompt = next(prompt for prompt in prompts if prompt.key == key)
        yield shippable(domain, {**of_entity, "prompt": prompt, **_decoded(newest[key])}, folder)


def _decoded(cells: dict[str, msgspec.Raw]) -> dict[str, Any]:
    return {column: msgspec.json.decode(document, type=COLUMNS[column]) for column, document in cells.items()}
