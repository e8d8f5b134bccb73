"""What is made from ledger and current tables, and can be made anew at any time."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from catalogs.check.current import Current
from catalogs.check.problem import Problem, doubted, files_in, told
from catalogs.check.splits import check_splits
from catalogs.errors import ShardError
from catalogs.manifest import Manifest, read_manifest
from catalogs.records import EntityRef
from catalogs.review.report import HTML, JSON
from catalogs.sql.database import OFFLINE

CATALOG = "catalog.duckdb"
_NPZ_DAMAGE = (zipfile.BadZipFile, OSError, EOFError)


def check_derived(out: Path, current: Current) -> Iterator[Problem]:
    """Everything but shards and manifest; a survey must list every entity of the current tables."""
    yield from _check_surveys(out, current.entities)
    yield from _check_runs(out)
    yield from _check_galleries(out)
    try:
        manifest = read_manifest(out)
    except ShardError:
        return  # told by the check of the shards
    if manifest is not None:
        yield from _check_catalog(out, manifest, current)
        yield from check_splits(out)
        yield from _check_report(out, manifest)


def _check_catalog(out: Path, manifest: Manifest, current: Current) -> Iterator[Problem]:
    """Every block of the database is read: DuckDB holds each against its checksum."""
    if not (out / CATALOG).exists():
        yield told(CATALOG, "missing", why="it is made anew from the current tables")
        return
    try:
        with duckdb.connect(str(out / CATALOG), read_only=True, config=OFFLINE) as database:
            for schema, name in database.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL"
            ).fetchall():
                database.execute(f'SELECT bit_xor(hash(t)) FROM "{schema}"."{name}" t').fetchall()
            held = database.execute("SELECT count(*) FROM trajectories").fetchone()
            buckets = database.execute("SELECT DISTINCT domain || '-' || bucket FROM outcomes").fetchall()
            shards = {url for (url,) in database.execute("SELECT url FROM shards").fetchall()}
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        yield doubted(CATALOG, f"cannot be read: {first}", why="it is made anew from the current tables")
        return
    if held != (manifest.trajectories,) or shards != {entry.url for entry in manifest.shardlist}:
        yield told(CATALOG, "speaks of other shards than the manifest", why="it is made anew")
    if not current.problems and {table for (table,) in buckets} != current.tables:
        yield told(CATALOG, "speaks of other buckets than the current tables", why="both are made anew")


def _check_report(out: Path, manifest: Manifest) -> Iterator[Problem]:
    why = "it is made anew from the catalog"
    if not (out / HTML).exists():
        yield told(HTML, "missing", why=why)
    try:
        report = msgspec.json.decode((out / JSON).read_bytes(), type=dict[str, Any])
    except FileNotFoundError:
        yield told(JSON, "missing", why=why)
    except msgspec.MsgspecError as error:
        yield told(JSON, f"cannot be read: {error}", why=why)
    else:
        if report.get("trajectories") != manifest.trajectories:
            yield told(JSON, "counts other trajectories than the manifest", why=why)


def _check_surveys(out: Path, entities: Set[str]) -> Iterator[Problem]:
    missing = set(entities)
    decoder = msgspec.json.Decoder(EntityRef)
    surveys = files_in(out / "surveys", "[!.]*.jsonl")
    names = [path.relative_to(out).as_posix() for path in surveys]
    why = "the source is listed anew"
    for path, name in zip(surveys, names, strict=True):
        try:
            with path.open("rb") as lines:  # millions, where the source is a large wiki
                for line in lines:
                    missing.discard(decoder.decode(line).entity_id)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield doubted(name, f"cannot be read: {error}", why=why)
            return
    if missing:
        what = f"lists {len(missing)} entities less than have results, {min(missing)} among them"
        if names:
            yield doubted(names[0], what, *names[1:], why=why)
        else:
            yield told("surveys", "missing", why=why)


def _check_runs(out: Path) -> Iterator[Problem]:
    for path in files_in(out / "runs", "[!.]*.json"):
        try:
            msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        except msgspec.MsgspecError as error:
            name = path.relative_to(out).as_posix()
            yield doubted(name, f"cannot be read: {error}", why="the catalog will not tell of this run")


def _check_galleries(out: Path) -> Iterator[Problem]:
    """Files of numpy, which are zip archives with a checksum for each member."""
    for path in files_in(out / "index", "gallery-*.npz"):
        try:
            with zipfile.ZipFile(path) as archive:
                broken = archive.testzip()
        except _NPZ_DAMAGE as error:
            broken = str(error)
        if broken is not None:
            name = path.relative_to(out).as_posix()
            yield doubted(name, f"is damaged: {broken}", why="it is made anew from the ground truth")
