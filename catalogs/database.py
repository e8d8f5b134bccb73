"""``catalog.duckdb``: SQL over everything that is kept, for any DuckDB client in any working folder.

All data is inside the file (see `catalogs.tables`): it can be moved, synced or opened alone. It is made anew
as a whole, beside the old one, and only when something that goes into it has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from catalogs.arrow import schema_of, to_table, type_of
from catalogs.digests import encode
from catalogs.errors import CatalogError
from catalogs.files import replacing
from catalogs.manifest import Manifest, ShardEntry
from catalogs.records import COLUMNS
from catalogs.sidecar import TrajectoryRow
from catalogs.tables import TABLES, VIEWS, WORKING

OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
"""No statement may make DuckDB download an extension: an offline machine would wait for it."""

OUTCOMES = pa.schema(
    [
        ("stage", pa.string()),
        ("position", pa.int64()),
        ("key", pa.string()),
        ("entity_id", pa.string()),
        ("domain", pa.string()),
        ("bucket", pa.string()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("attempts", pa.int64()),
        ("calls", pa.int64()),
        ("tokens_in", pa.int64()),
        ("tokens_out", pa.int64()),
        ("seconds", pa.float64()),
        ("run", pa.string()),
    ]
)
"""One row a record and stage; `position` is the stage's place in the graph, from 0."""

CELLS = pa.schema([("key", pa.string()), ("document", pa.large_string())])
"""Last state of one column: the record's key (the entity id for entities) and the JSON of the cell."""


def build_database(
    path: Path,
    *,
    outcomes: pa.Table,
    cells: Mapping[str, pa.Table],
    sidecars: Sequence[Path],
    manifest: Manifest,
    runs: Sequence[Mapping[str, Any]],
) -> bool:
    """Make the database; False where it holds the same already.

    `outcomes` is as `OUTCOMES`, each of `cells` (column -> table) as `CELLS`; columns that nobody wrote may
    be left out. `sidecars` are the files that the manifest names. `runs` has one mapping a run, with ``run``.
    """
    ordered = (
        outcomes.select(OUTCOMES.names)
        .cast(OUTCOMES)
        .sort_by([("position", "ascending"), ("key", "ascending")])
    )
    inputs = _digest(ordered, cells, manifest, runs)
    if path.exists() and _built_from(path) == inputs:
        return False
    with replacing(path) as temporary, duckdb.connect(str(temporary), config=OFFLINE) as database:
        database.execute("CREATE TABLE build AS SELECT ? AS inputs", [inputs])
        _create(database, "outcomes", ordered)
        _create(database, "runs", _run_table(runs))
        _create(database, "manifest_shards", to_table(manifest.shardlist, ShardEntry), temporary=True)
        _read_sidecars(database, sidecars)
        for column, annotation in COLUMNS.items():
            _read_cells(database, column, annotation, cells.get(column))
        for name, query in WORKING.items():
            database.execute(f"CREATE TEMP TABLE {name} AS {query}")
        for name, query in TABLES.items():
            database.execute(f"CREATE TABLE {name} AS {query}")
        for name, query in VIEWS.items():
            database.execute(f"CREATE VIEW {name} AS {query}")
    return True


def query(path: Path, sql: str) -> pa.Table:
    """The answer to one statement, read-only; raises `CatalogError` where there is none."""
    if not path.exists():
        raise CatalogError(f"there is no catalog at {path}: make one with `tracemill run`")
    try:
        with duckdb.connect(str(path), read_only=True, config=OFFLINE) as database:
            answer = database.sql(sql)
            return answer.to_arrow_table() if answer is not None else pa.table({})
    except duckdb.IOException as error:
        raise CatalogError(
            f"{path} cannot be opened ({error}): delete it and run again, it is made anew"
        ) from error
    except duckdb.Error as error:
        raise CatalogError(
            f"{error}\nList the tables with `SHOW TABLES`, the columns with `DESCRIBE <table>`."
        ) from error


def _digest(
    outcomes: pa.Table, cells: Mapping[str, pa.Table], manifest: Manifest, runs: Sequence[Mapping[str, Any]]
) -> str:
    """Of everything that goes in, and of the SQL; sidecars are covered by their digests in the manifest."""
    hashed = hashlib.blake2b(digest_size=16)
    hashed.update(encode([TABLES, WORKING, VIEWS, manifest, [dict(run) for run in runs]]))
    for name, table in [("outcomes", outcomes), *sorted(cells.items())]:
        rows = table if name == "outcomes" else table.select(CELLS.names).cast(CELLS).sort_by("key")
        hashed.update(f"\0{name}\0".encode())
        for batch in rows.combine_chunks().to_batches():
            hashed.update(batch.serialize())
    return hashed.hexdigest()


def _built_from(path: Path) -> str | None:
    """What an existing database was built from; None for a damaged or foreign one, which is replaced."""
    try:
        with duckdb.connect(str(path), read_only=True, config=OFFLINE) as database:
            row = database.execute("SELECT inputs FROM build").fetchone()
    except duckdb.Error:
        return None
    return str(row[0]) if row else None


def _create(
    database: duckdb.DuckDBPyConnection, name: str, table: pa.Table, *, temporary: bool = False
) -> None:
    database.register("arrow_input", table)
    database.execute(f"CREATE {'TEMP ' if temporary else ''}TABLE {name} AS SELECT * FROM arrow_input")
    database.unregister("arrow_input")


def _read_sidecars(database: duckdb.DuckDBPyConnection, sidecars: Sequence[Path]) -> None:
    if sidecars:
        files = [str(path) for path in sidecars]
        database.execute(
            "CREATE TEMP TABLE sidecar_rows AS SELECT * FROM read_parquet(?, filename = true)", [files]
        )
    else:
        schema = schema_of(TrajectoryRow).append(pa.field("filename", pa.string()))
        _create(database, "sidecar_rows", schema.empty_table(), temporary=True)


def _read_cells(
    database: duckdb.DuckDBPyConnection, column: str, annotation: Any, documents: pa.Table | None
) -> None:
    """`key` and the decoded document `d`; a field that an older record lacks is NULL."""
    structure = json.dumps(_structure(type_of(annotation)))
    table = CELLS.empty_table() if documents is None else documents.select(CELLS.names).cast(CELLS)
    database.register("arrow_input", table)
    database.execute(
        f"CREATE TEMP TABLE cell_{column} AS "
        f"SELECT key, from_json(document, '{structure}') AS d FROM arrow_input"
    )
    database.unregister("arrow_input")


def _structure(kind: pa.DataType) -> Any:
    """An Arrow type in the form that DuckDB's ``from_json`` takes."""
    if pa.types.is_struct(kind):
        return {field.name: _structure(field.type) for field in kind}
    if pa.types.is_list(kind):
        return [_structure(kind.value_type)]
    if pa.types.is_map(kind):
        return f"MAP(VARCHAR, {_structure(kind.item_type)})"
    return {"string": "VARCHAR", "int64": "BIGINT", "double": "DOUBLE", "bool": "BOOLEAN"}[str(kind)]


def _run_table(runs: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Scalars as they are; nested values as JSON text, because their fields differ from run to run."""
    names = dict.fromkeys(["run", *(name for run in runs for name in run)])
    columns = {name: [_flat(run.get(name)) for run in runs] for name in names}
    return pa.table({"run": pa.array(columns.pop("run"), pa.string())} | columns)


def _flat(value: Any) -> Any:
    return encode(value).decode() if isinstance(value, dict | list | tuple) else value
