"""What the catalog is made from, as tables that SQL can read: current results, sidecars, surveyed entities.

DuckDB reads the Parquet files itself, each once. Documents become typed columns of a scratch file beside the
database that is being made, so that memory holds neither the documents nor the tables made from them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.arrow import schema_of, to_table, type_of
from catalogs.errors import CatalogError, LedgerError
from catalogs.manifest import Manifest, ShardEntry
from catalogs.records import COLUMNS, EntityRef
from catalogs.sidecar import TrajectoryRow

OUTCOMES = {
    "stage": "VARCHAR",
    "position": "INTEGER",
    "grain": "VARCHAR",
    "key": "VARCHAR",
    "entity_id": "VARCHAR",
    "domain": "VARCHAR",
    "bucket": "VARCHAR",
    "outcome": "VARCHAR",
    "reason": "VARCHAR",
    "detail": "VARCHAR",
    "attempts": "INTEGER",
    "calls": "BIGINT",
    "tokens_in": "BIGINT",
    "tokens_out": "BIGINT",
    "micros": "BIGINT",
    "seconds": "DOUBLE",
    "run": "VARCHAR",
}
"""Columns of a current table, beside ``cells``: a JSON object of the documents that the stage wrote.

A column that older tables lack is NULL."""

BATCH = 10_000
"""Surveyed entities that are turned into Arrow at a time: some 2 MB."""

_DERIVED = ("ref", "prompt")
"""Columns that no stage writes: the survey lists the one, unfolding makes the other from ``prompts``."""

_ENTITY_GRAIN = ("entity", "ground_truth", "prompts")
"""Columns whose JSON is kept, too: the splits are made from the documents as they are."""
_FOOTER = 8
"""Bytes at the end of a Parquet file: the length of the footer in four, then the magic number in four."""


def read_inputs(
    database: duckdb.DuckDBPyConnection,
    current: Sequence[Path],
    sidecars: Sequence[Path],
    manifest: Manifest,
    refs: Sequence[EntityRef],
) -> None:
    """Make `outcomes`, `staging.cells`, a view ``cell_<column>`` for each column (`key`, the newest document
    `d`), the view `sidecar_rows` and `manifest_shards`. A database `staging` must be attached.
    """
    _read_current(database, current)
    for column in COLUMNS.keys() - set(_DERIVED):
        database.execute(f"CREATE TEMP VIEW cell_{column} AS SELECT key, d FROM ({_newest(column)})")
    database.execute("""
        CREATE TEMP VIEW cell_prompt AS
        SELECT d.key AS key, d FROM (SELECT unnest(d) AS d FROM cell_prompts)""")
    _read_refs(database, refs)
    _read_sidecars(database, sidecars)
    _create(database, "manifest_shards", to_table(manifest.shardlist, ShardEntry))


def _read_current(database: duckdb.DuckDBPyConnection, current: Sequence[Path]) -> None:
    columns = [f"{name} {kind}" for name, kind in OUTCOMES.items()]
    database.execute(f"CREATE TABLE outcomes ({', '.join(columns)})")
    form = {column: structure(type_of(kind)) for column, kind in COLUMNS.items() if column not in _DERIVED}
    source = _parquet(current) if current else "(SELECT *, '{}' AS cells FROM outcomes)"
    # Ordered by key inside a stage: a look-up by key reads one row group a stage, counting reads runs.
    described = database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    held = {row[0] for row in described}
    names = ", ".join(name if name in held else f"NULL AS {name}" for name in OUTCOMES)
    database.execute(f"INSERT INTO outcomes SELECT {names} FROM {source} ORDER BY position, key")
    written = " OR ".join(f"c.{column} IS NOT NULL" for column in _ENTITY_GRAIN)
    database.execute(f"""
        CREATE TABLE staging.cells AS
        SELECT key, position, CASE WHEN {written} THEN cells END AS document, unnest(c)
        FROM (SELECT key, position, cells, from_json(cells, '{json.dumps(form)}') AS c
              FROM {source} WHERE cells <> '{{}}')""")


def _newest(column: str) -> str:
    """Of each key the document that the last stage wrote. Positions are joined, so that no document waits."""
    return f"""
        SELECT key, "{column}" AS d, document FROM staging.cells
        JOIN (SELECT key, max(position) AS position FROM staging.cells
              WHERE "{column}" IS NOT NULL GROUP BY key) USING (key, position)"""


DOCUMENTS = {column: f"SELECT key, document -> '{column}' AS document FROM ({_newest(column)})"
             for column in _ENTITY_GRAIN}  # fmt: skip
"""Column -> query of `key` and the JSON of the newest document."""


def _read_refs(database: duckdb.DuckDBPyConnection, refs: Sequence[EntityRef]) -> None:
    schema = schema_of(EntityRef)
    starts = range(0, len(refs), BATCH)
    batches = (b for at in starts for b in to_table(refs[at : at + BATCH], EntityRef).to_batches())
    database.register("arrow_input", pa.RecordBatchReader.from_batches(schema, batches))
    database.execute("CREATE TABLE staging.refs AS FROM arrow_input")
    database.unregister("arrow_input")
    database.execute("CREATE TEMP VIEW cell_ref AS SELECT entity_id AS key, r AS d FROM staging.refs r")


def _read_sidecars(database: duckdb.DuckDBPyConnection, sidecars: Sequence[Path]) -> None:
    """A column that an older sidecar lacks is NULL."""
    schema = schema_of(TrajectoryRow).append(pa.field("filename", pa.string()))
    _create(database, "sidecar_form", schema.empty_table())
    rows = "SELECT * FROM sidecar_form"
    if sidecars:
        rows += f" UNION ALL BY NAME SELECT * FROM {_parquet(sidecars, 'filename = true')}"
    database.execute(f"CREATE TEMP VIEW sidecar_rows AS {rows}")


def _create(database: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    database.register("arrow_input", table)
    database.execute(f"CREATE TEMP TABLE {name} AS FROM arrow_input")
    database.unregister("arrow_input")


def _parquet(paths: Sequence[Path], *options: str) -> str:
    """A table function over some files, whatever their folder is called."""
    files = ", ".join("'" + _literal(path).replace("'", "''") + "'" for path in paths)
    settings = [f"[{files}]", *options, "union_by_name = true", "hive_partitioning = false"]
    return f"read_parquet({', '.join(settings)})"


def _literal(path: Path) -> str:
    """A path in which nothing is a pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path.resolve()))


def structure(kind: pa.DataType) -> Any:
    """An Arrow type in the form that DuckDB's ``from_json`` takes."""
    if pa.types.is_struct(kind):
        return {field.name: structure(field.type) for field in kind}
    if pa.types.is_list(kind):
        return [structure(kind.value_type)]
    if pa.types.is_map(kind):
        return f"MAP(VARCHAR, {structure(kind.item_type)})"
    return _SCALARS[str(kind)]


_SCALARS = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "large_binary": "VARCHAR",  # base64, as JSON has bytes
}


def footers(current: Sequence[Path]) -> Iterator[bytes]:
    """Name and footer of each current table: what it was made from, and how its rows are spread.

    Enough to see that a table was replaced, without reading it. Raises `LedgerError` for a damaged file.
    """
    for path in current:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - _FOOTER, 0))
            length = int.from_bytes(file.read(4), "little")
            if file.read(4) != b"PAR1" or length + _FOOTER > size:
                raise LedgerError(f"{path} cannot be read (no footer): delete this file and run again")
            file.seek(size - _FOOTER - length)
            yield path.name.encode() + b"\0" + hashlib.blake2b(file.read(length)).digest()


def damaged(current: Sequence[Path], error: duckdb.Error) -> CatalogError:
    """Why SQL over the current tables failed: the file that cannot be read, where there is one."""
    for path in current:
        try:
            pq.read_table(path, partitioning=None)
        except (pa.ArrowException, OSError) as found:
            return LedgerError(f"{path} cannot be read ({found}): delete this file and run again")
    return CatalogError(f"the catalog cannot be made: {error}; please report this")
