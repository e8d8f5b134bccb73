"""``catalog.duckdb``: SQL over everything that is kept, for any DuckDB client in any working folder.

All data is inside the file (see `catalogs.sql.tables`): it can be moved, synced or opened alone. It is made
anew as a whole, beside the old one, and only when something that goes into it has changed. DuckDB makes it
from files, within `MEMORY`; what does not fit waits in a scratch folder beside the database.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from catalogs.digests import encode
from catalogs.errors import CatalogError
from catalogs.files import replacing
from catalogs.manifest import Manifest
from catalogs.records import EntityRef
from catalogs.sql.accounting import check_funnel
from catalogs.sql.comments import comments
from catalogs.sql.run_tables import QuotaDay, declarations, quota_table, run_table
from catalogs.sql.staging import BATCH, damaged, footers, read_inputs
from catalogs.sql.tables import TABLES, WORKING
from catalogs.sql.views import VIEWS

VERSION = "2"
"""Of what is made from the inputs: a new version makes every catalog anew."""

MEMORY, THREADS = "2GiB", 4
"""What DuckDB may hold and use while it builds; see `make bench CASE=query` for a million records. A thread
holds what it is about to write, so more of them need more memory."""

ROW_GROUP = 8192
"""Rows that a thread gathers before it writes them, at least 2,048. Documents are large: 60,000 prompts
can be brought in within 500 MiB, and cannot with DuckDB's own 122,880 rows; the file grows by half."""

Settings = dict[str, str | bool | int | float | list[str]]

OFFLINE: Settings = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
"""No statement may make DuckDB download an extension: an offline machine would wait for it."""


def build_database(
    path: Path,
    *,
    current: Sequence[Path],
    sidecars: Sequence[Path],
    manifest: Manifest,
    refs: Sequence[EntityRef],
    runs: Sequence[Mapping[str, Any]],
    quotas: Sequence[QuotaDay] = (),
    memory: str = MEMORY,
) -> bool:
    """Make the database; False where it holds the same already, which is seen without reading results.

    `current` are the tables of current results (columns as `catalogs.sql.staging.OUTCOMES`, and ``cells``),
    `sidecars` the files that the manifest names, `refs` what was surveyed; `runs` has one mapping a run, with
    ``run``, `quotas` one row a service and day. Raises `FunnelError` where a record was lost, `LedgerError`
    naming a table that cannot be read.
    """
    inputs = _digest(current, manifest, refs, runs, quotas)
    if path.exists() and _built_from(path) == inputs:
        return False
    with replacing(path) as temporary, _scratch(temporary) as scratch:
        settings = OFFLINE | {
            "memory_limit": memory,
            "threads": min(THREADS, os.cpu_count() or 1),
            "temp_directory": str(scratch),
            "preserve_insertion_order": "false",
        }
        try:
            with duckdb.connect(config=settings) as database:
                for name, file in (("staging", scratch / "staging.duckdb"), ("catalog", temporary)):
                    database.execute(f"ATTACH {_quoted(file)} AS {name} (ROW_GROUP_SIZE {ROW_GROUP})")
                database.execute("USE catalog")
                read_inputs(database, current, sidecars, manifest, refs)
                _make(database, runs, quotas)
                database.execute("CREATE TABLE build AS SELECT ? AS inputs", [inputs])
                _describe(database)
                check_funnel(database)
                database.execute("CHECKPOINT catalog")
        except duckdb.Error as error:
            if os.strerror(errno.ENOSPC) in str(error):
                raise OSError(errno.ENOSPC, str(error), str(temporary)) from error
            if isinstance(error, duckdb.OutOfMemoryException):
                raise CatalogError(f"the catalog cannot be made within {memory}: {error}") from error
            raise damaged(current, error) from error
        # What a client that was killed had written into the old file: no new one can be opened beside it.
        path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    return True


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A catalog to read; raises `CatalogError` where there is none, or for a statement that fails inside."""
    if not path.exists():
        raise CatalogError(f"there is no catalog at {path}: make one with `tracemill run`")
    try:
        database = duckdb.connect(str(path), read_only=True, config=OFFLINE)
    except duckdb.Error as error:
        raise CatalogError(
            f"{path} cannot be opened ({_line(error)}): delete it and run again, it is made anew"
        ) from error
    try:
        with database:
            yield database
    except duckdb.Error as error:
        if isinstance(error, _DAMAGE) or (isinstance(error, duckdb.IOException) and path.name in str(error)):
            raise CatalogError(
                f"{path} is damaged ({_line(error)}): delete it and run again, it is made anew"
            ) from error
        raise CatalogError(
            f"{_line(error)} (`SHOW TABLES` lists the tables, `DESCRIBE <table>` its columns)"
        ) from error


_DAMAGE = (duckdb.FatalException, duckdb.InternalException, duckdb.SerializationException)


def _line(error: duckdb.Error) -> str:
    """What DuckDB says, without the lines that point at a place in the statement with a caret."""
    lines = [line.strip() for line in str(error).splitlines()]
    return " ".join(line for line in lines if line.strip("^") and not line.startswith("LINE "))


def query(path: Path, sql: str) -> pa.Table:
    """The answer to one statement, read-only; raises `CatalogError` where there is none."""
    if not sql.strip():
        raise CatalogError('there is no statement: give one, such as "FROM funnel"; docs/sql.md has more')
    with opened(path) as database:
        answer = database.sql(sql)
        return answer.to_arrow_table() if answer is not None else pa.table({})


def _digest(
    current: Sequence[Path],
    manifest: Manifest,
    refs: Sequence[EntityRef],
    runs: Sequence[Mapping[str, Any]],
    quotas: Sequence[QuotaDay],
) -> str:
    """Of everything that goes in, and of the SQL; sidecars are covered by their digests in the manifest."""
    hashed = hashlib.blake2b(digest_size=16)
    made = [VERSION, TABLES, WORKING, VIEWS]
    hashed.update(encode([*made, manifest, [dict(run) for run in runs], list(quotas)]))
    for start in range(0, len(refs), BATCH):
        hashed.update(encode(refs[start : start + BATCH]))
    for footer in footers(sorted(current)):
        hashed.update(footer)
    return hashed.hexdigest()


def _built_from(path: Path) -> str | None:
    """What an existing database was built from; None for a damaged or foreign one, which is replaced."""
    try:
        with duckdb.connect(str(path), read_only=True, config=OFFLINE) as database:
            row = database.execute("SELECT inputs FROM build").fetchone()
    except duckdb.Error:
        return None
    return str(row[0]) if row else None


@contextmanager
def _scratch(temporary: Path) -> Iterator[Path]:
    """A folder beside the database, gone when that is whole; a kill leaves both under a temporary name."""
    folder = temporary.with_name(f"{temporary.name}.scratch")
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _make(
    database: duckdb.DuckDBPyConnection, runs: Sequence[Mapping[str, Any]], quotas: Sequence[QuotaDay]
) -> None:
    tables = {"runs": run_table(runs), "declarations": declarations(runs), "quotas": quota_table(quotas)}
    for name, table in tables.items():
        database.register("arrow_input", table)
        database.execute(f"CREATE TABLE {name} AS FROM arrow_input")
        database.unregister("arrow_input")
    for name, query in WORKING.items():
        database.execute(f"CREATE TABLE staging.{name} AS {query}")
    for name, query in TABLES.items():
        database.execute(f"CREATE TABLE {name} AS {query}")
    for name, query in VIEWS.items():
        database.execute(f"CREATE VIEW {name} AS {query}")


def _describe(database: duckdb.DuckDBPyConnection) -> None:
    """What every table, view and column means, where any client finds it."""
    columns = database.execute("""
        SELECT table_name, column_name FROM duckdb_columns()
        WHERE NOT internal AND database_name = current_database()
        ORDER BY table_name, column_index""").fetchall()
    database.begin()  # else each comment is a transaction of its own, some hundred of them
    for table in sorted({table for table, _ in columns}):
        kind = "VIEW" if table in VIEWS else "TABLE"
        database.execute(f'COMMENT ON {kind} "{table}" IS {_quoted(comments(table))}')
    for table, column in columns:
        database.execute(f'COMMENT ON COLUMN "{table}"."{column}" IS {_quoted(comments(table, column))}')
    database.commit()


def _quoted(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
