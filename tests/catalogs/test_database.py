"""The catalog answers SQL from anywhere, and is rebuilt only when something changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from catalogs.database import OUTCOMES, build_database, query
from catalogs.digests import encode
from catalogs.errors import CatalogError
from catalogs.manifest import Manifest, manifest_of
from catalogs.shards import sample_of, write_shard

ENTITY_GRAIN = ("ref", "entity", "ground_truth")
Inputs = dict[str, Any]


def outcome(
    stage: str, position: int, key: str, entity_id: str, outcome: str = "kept", reason: str = ""
) -> dict[str, Any]:
    return {
        "stage": stage,
        "position": position,
        "key": key,
        "entity_id": entity_id,
        "domain": "food",
        "bucket": "0",
        "outcome": outcome,
        "reason": reason,
        "detail": "",
        "attempts": 1,
        "calls": 2,
        "tokens_in": 10,
        "tokens_out": 5,
        "seconds": 0.5,
        "run": "r1",
    }


@pytest.fixture
def inputs(tmp_path: Path, make_cells: Callable[..., Any], blobs: Any) -> Inputs:
    """One verified record with two attempts, and one whose harvest was rejected."""
    records = make_cells("Apple", attempts=2)
    entry = write_shard(tmp_path / "shards", "food", "0", [sample_of(records, b"{}", blobs)])
    key, entity_id = records["prompt"].key, records["entity"].entity_id
    cells = {
        column: pa.table(
            {"key": [entity_id if column in ENTITY_GRAIN else key], "document": [encode(cell).decode()]}
        )
        for column, cell in records.items()
    }
    outcomes = [
        outcome("harvest", 0, entity_id, entity_id),
        outcome("harvest", 0, "ffff", "ffff", "rejected", "no-picture"),
        outcome("verify", 1, key, entity_id),
    ]
    return {
        "outcomes": pa.Table.from_pylist(outcomes, schema=OUTCOMES),
        "cells": cells,
        "sidecars": [tmp_path / entry.sidecar],
        "manifest": manifest_of([entry], "1.0"),
        "runs": [{"run": "r1", "profile": {"chat": "rules"}, "seconds": 1.5}],
    }


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in query(path, sql).to_pylist()]


def test_every_table_answers(tmp_path: Path, inputs: Inputs) -> None:
    path = tmp_path / "catalog.duckdb"
    assert build_database(path, **inputs)
    names = [name for (name,) in rows(path, "SHOW TABLES")]
    counts = {name: rows(path, f"SELECT count(*) FROM {name}")[0][0] for name in names}
    assert counts == {
        "build": 1,
        "candidates": 3,
        "costs": 2,
        "entities": 1,
        "evidence": 1,
        "images": 4,
        "outcomes": 3,
        "prompts": 1,
        "proofs": 4,
        "recaptions": 2,
        "runs": 1,
        "scores": 6,
        "shards": 1,
        "traces": 4,
        "trajectories": 1,
    }


def test_what_a_user_asks(tmp_path: Path, inputs: Inputs) -> None:
    path = tmp_path / "catalog.duckdb"
    build_database(path, **inputs)
    assert rows(path, "SELECT attempt, passed, reasons FROM recaptions") == [
        (1, False, ["margin"]),
        (2, True, []),
    ]
    assert rows(path, "SELECT rank, reason, label FROM candidates") == [
        (1, "kept", "image_1"),
        (2, "kept", "image_2"),
        (3, "watermark", None),
    ]
    assert rows(path, "SELECT title, split, outcome, len(ground_truth) FROM entities") == [
        ("Apple", "train", "kept", 2)
    ]
    assert rows(path, 'SELECT domain, "count", place, needs_search FROM prompts') == [
        ("food", 2, "table", True)
    ]
    assert rows(path, "SELECT stage, calls, tokens_in FROM costs") == [("harvest", 4, 20), ("verify", 2, 10)]
    assert rows(path, "SELECT profile FROM runs") == [('{"chat":"rules"}',)]
    assert rows(path, "SELECT margin, checks['place'] FROM proofs WHERE passed AND seed = 2") == [(0.32, 0.9)]
    assert rows(path, "SELECT DISTINCT i.licence FROM images i JOIN trajectories t USING (key, shard)") == [
        ("CC-BY-SA-4.0",)
    ]
    assert rows(path, "SELECT filter, measure, value FROM scores LIMIT 1") == [("judge", "similarity", 0.5)]


def test_a_plain_client_reads_it_elsewhere(
    tmp_path: Path, inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_database(tmp_path / "catalog.duckdb", **inputs)
    moved = tmp_path / "moved" / "renamed.duckdb"
    moved.parent.mkdir()
    (tmp_path / "catalog.duckdb").rename(moved)
    for sidecar in inputs["sidecars"]:
        sidecar.unlink()
    monkeypatch.chdir("/")
    with duckdb.connect() as client:
        client.execute(f"ATTACH '{moved}' AS other (READ_ONLY)")
        for (name,) in client.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'other'"
        ).fetchall():
            client.execute(f"SELECT * FROM other.{name}").fetchall()
        assert len(client.execute("SELECT * FROM other.costs").fetchall()) == 2


def test_equal_inputs_leave_the_file_alone(tmp_path: Path, inputs: Inputs) -> None:
    path = tmp_path / "catalog.duckdb"
    build_database(path, **inputs)
    before = path.stat().st_ino
    shuffled = inputs | {"outcomes": inputs["outcomes"].take([2, 0, 1])}
    assert not build_database(path, **shuffled)
    assert path.stat().st_ino == before
    assert build_database(path, **inputs | {"runs": []})
    assert sorted(file.name for file in tmp_path.iterdir()) == ["catalog.duckdb", "shards"]


def test_a_world_without_trajectories_has_all_tables(tmp_path: Path) -> None:
    path = tmp_path / "catalog.duckdb"
    empty: Manifest = manifest_of([], "1.0")
    build_database(path, outcomes=OUTCOMES.empty_table(), cells={}, sidecars=[], manifest=empty, runs=[])
    assert rows(path, "SELECT count(*) FROM trajectories") == [(0,)]


def test_a_recaption_that_was_never_proven_is_listed(
    tmp_path: Path, inputs: Inputs, make_cells: Callable[..., Any]
) -> None:
    attempt = make_cells("Apple")["attempts"][0].recaption
    key = inputs["cells"]["prompt"]["key"]
    inputs["cells"] |= {
        "attempts": pa.table({"key": key, "document": ["[]"]}),
        "recaption": pa.table({"key": key, "document": [encode(attempt).decode()]}),
    }
    build_database(tmp_path / "c.duckdb", **inputs)
    assert rows(tmp_path / "c.duckdb", "SELECT attempt, passed FROM recaptions") == [(1, None)]


def test_a_damaged_database_is_replaced(tmp_path: Path, inputs: Inputs) -> None:
    path = tmp_path / "catalog.duckdb"
    path.write_bytes(b"not a database")
    with pytest.raises(CatalogError, match="made anew"):
        query(path, "SELECT 1")
    assert build_database(path, **inputs)


@pytest.mark.parametrize("sql", ["SELECT * FROM nowhere", "DROP TABLE prompts", "SELEC"])
def test_bad_or_writing_statements_are_refused(tmp_path: Path, inputs: Inputs, sql: str) -> None:
    path = tmp_path / "catalog.duckdb"
    build_database(path, **inputs)
    with pytest.raises(CatalogError, match="SHOW TABLES"):
        query(path, sql)


def test_no_catalog_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="tracemill run"):
        query(tmp_path / "catalog.duckdb", "SELECT 1")
