"""The catalog answers SQL from anywhere, and is rebuilt only when something changed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalogs.digests import encode
from catalogs.errors import CatalogError, LedgerError
from catalogs.funnel import FunnelError
from catalogs.manifest import manifest_of
from catalogs.records import EntityRef, JudgedDrawing, PictureScores, ProofJudgement, Reservation
from catalogs.shards import sample_of, write_shard
from catalogs.sql.database import build_database, query
from catalogs.sql.run_tables import QuotaDay
from pipelines.engine.emit import CURRENT

Inputs = dict[str, Any]
STAGES = ("harvest", "search", "verify")
RUN = {
    "run": "r1",
    "finished": "2026-08-01T00:00:00+00:00",
    "profile": {"chat": "rules"},
    "seconds": 1.5,
    "stages": {},
}


def outcome(
    stage: str,
    key: str,
    entity_id: str,
    cells: Mapping[str, Any] | None = None,
    *,
    outcome: str = "kept",
    reason: str = "",
) -> dict[str, Any]:
    return {
        "stage": stage,
        "position": STAGES.index(stage),
        "grain": "entity" if stage == "harvest" else "prompt",
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
        "cells": encode({name: msgspec.Raw(encode(cell)) for name, cell in (cells or {}).items()}).decode(),
    }


def write_current(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=CURRENT), path)
    return path


def steps(records: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What three stages left of a record; the first of them wrote a trace that the last one replaced."""
    key, entity_id = records["prompt"].key, records["entity"].entity_id
    own = {name: records[name] for name in ("entity", "ground_truth")} | {"prompts": [records["prompt"]]}
    found = {name: cell for name, cell in records.items() if name not in (*own, "prompt", "ref", "attempts")}
    older = msgspec.structs.replace(records["text_trace"], turns=[], evidence=[])
    return [
        outcome("harvest", entity_id, entity_id, own),
        outcome("search", key, entity_id, {**found, "text_trace": older}),
        outcome("verify", key, entity_id, {name: records[name] for name in ("attempts", "text_trace")}),
    ]


@pytest.fixture
def records(make_cells: Callable[..., Any]) -> dict[str, Any]:
    return dict(make_cells("Apple", attempts=2))


@pytest.fixture
def inputs(tmp_path: Path, records: dict[str, Any], blobs: Any) -> Inputs:
    """One verified record with two attempts, and one whose harvest was rejected."""
    entry = write_shard(tmp_path / "shards", "food", "0", [sample_of(records, b"{}", blobs)])
    missing = outcome("harvest", "ffff", "ffff", outcome="rejected", reason="no-picture")
    rejected = EntityRef(entity_id="ffff", domain="food", title="Quince", locator="Quince")
    return {
        "current": [write_current(tmp_path / "current" / "food-0.parquet", [*steps(records), missing])],
        "sidecars": [tmp_path / entry.sidecar],
        "manifest": manifest_of([entry], "1.0"),
        "refs": [records["ref"], rejected],
        "runs": [RUN],
        "quotas": [
            QuotaDay(service="babelnet", day="2026-08-01", spent=3, remaining=7, requests={"getSynset": 3})
        ],
    }


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in query(path, sql).to_pylist()]


def test_what_a_day_spent_and_left_is_told(tmp_path: Path, inputs: Inputs) -> None:
    path = tmp_path / "catalog.duckdb"
    build_database(path, **inputs)
    told = rows(path, "SELECT day, spent, remaining, requests['getSynset'] FROM quotas")
    assert told == [("2026-08-01", 3, 7, 3)]
    assert build_database(path, **inputs | {"quotas": []}), "another day makes another catalog"
    assert rows(path, "SELECT count(*) FROM quotas") == [(0,)]


def test_every_table_answers(tmp_path: Path, inputs: Inputs) -> None:
    path = tmp_path / "catalog.duckdb"
    assert build_database(path, **inputs)
    names = [name for (name,) in rows(path, "SHOW TABLES")]
    counts = {name: rows(path, f"SELECT count(*) FROM {name}")[0][0] for name in names}
    assert counts == {
        "build": 1,
        "candidates": 3,
        "changes": 0,
        "closed_book": 0,
        "costs": 3,
        "dead_letters": 0,
        "declarations": 0,
        "entities": 2,
        "evidence": 1,
        "funnel": 4,
        "images": 4,
        "lineage": 5,
        "measurements": 6,
        "outcomes": 4,
        "picture_uses": 13,
        "process": 0,
        "prompts": 1,
        "proofs": 4,
        "quotas": 1,
        "recaptions": 2,
        "reserved": 0,
        "runs": 1,
        "scores": 6,
        "shards": 1,
        "traces": 4,
        "trajectories": 1,
        "yields": 1,
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
    reached = "SELECT title, split, outcome, reason, len(ground_truth) FROM entities ORDER BY title"
    assert rows(path, reached) == [
        ("Apple", "train", "kept", "", 2),
        ("Quince", None, "rejected", "no-picture", None),
    ]
    assert rows(path, 'SELECT domain, "count", place, needs_search FROM prompts') == [
        ("food", 2, "table", True)
    ]
    assert rows(path, "SELECT stage, run, calls, tokens_in, seconds_per_trajectory FROM costs") == [
        ("harvest", "r1", 4, 20, 1.0),
        ("search", "r1", 2, 10, 0.5),
        ("verify", "r1", 2, 10, 0.5),
    ]
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
        assert len(client.execute("SELECT * FROM other.costs").fetchall()) == 3


def test_equal_inputs_leave_the_file_alone(tmp_path: Path, inputs: Inputs) -> None:
    path = tmp_path / "catalog.duckdb"
    build_database(path, **inputs)
    before = path.stat().st_ino
    assert not build_database(path, **inputs)
    assert path.stat().st_ino == before
    assert build_database(path, **inputs | {"runs": []})
    assert sorted(file.name for file in tmp_path.iterdir()) == ["catalog.duckdb", "current", "shards"]


def test_results_that_were_replaced_make_it_anew(
    tmp_path: Path, inputs: Inputs, records: dict[str, Any]
) -> None:
    path = tmp_path / "catalog.duckdb"
    build_database(path, **inputs)
    later = [row | {"run": "r2"} for row in steps(records)]
    write_current(inputs["current"][0], later)
    assert build_database(path, **inputs)
    assert rows(path, "SELECT DISTINCT run FROM outcomes") == [("r2",)]


def test_what_is_asked_does_not_depend_on_the_order_of_files(
    tmp_path: Path, inputs: Inputs, make_cells: Callable[..., Any], blobs: Any
) -> None:
    pear = make_cells("Pear")
    other = write_current(tmp_path / "current" / "food-1.parquet", steps(pear))
    entry = write_shard(tmp_path / "shards", "food", "1", [sample_of(pear, b"{}", blobs)])
    inputs["manifest"] = manifest_of([*inputs["manifest"].shardlist, entry], "1.0")
    inputs["sidecars"].append(tmp_path / entry.sidecar)
    tables = ("entities", "prompts", "traces", "candidates", "measurements", "proofs", "outcomes", "funnel")
    answers = []
    for name, current in (("a", [*inputs["current"], other]), ("b", [other, *inputs["current"]])):
        build_database(tmp_path / name, **inputs | {"current": current})
        answers.append([rows(tmp_path / name, f"FROM {table}") for table in tables])
    assert answers[0] == answers[1]


def test_the_newest_document_of_a_column_wins(tmp_path: Path, inputs: Inputs) -> None:
    path = tmp_path / "catalog.duckdb"
    build_database(path, **inputs)
    assert rows(path, "SELECT count(*) FROM evidence") == [(1,)], "the trace that `search` wrote has none"


def test_a_folder_may_be_called_like_a_pattern(tmp_path: Path, inputs: Inputs) -> None:
    moved = [path.rename(path.with_name(f"a=b [1]*? ' {path.name}")) for path in inputs["current"]]
    build_database(tmp_path / "it's.duckdb", **inputs | {"current": moved})
    assert rows(tmp_path / "it's.duckdb", "SELECT count(*) FROM outcomes") == [(4,)]


def test_a_world_without_trajectories_has_all_tables(tmp_path: Path) -> None:
    path = tmp_path / "catalog.duckdb"
    build_database(path, current=[], sidecars=[], manifest=manifest_of([], "1.0"), refs=[], runs=[])
    for (name,) in rows(path, "SHOW TABLES"):
        assert rows(path, f"SELECT count(*) FROM {name}") == [(int(name == "build"),)]


def test_every_table_and_column_says_what_it_means(tmp_path: Path, inputs: Inputs) -> None:
    path = tmp_path / "catalog.duckdb"
    build_database(path, **inputs)
    sql = """
        SELECT table_name, '' AS column_name, comment FROM duckdb_tables()
        UNION ALL SELECT view_name, '', comment FROM duckdb_views() WHERE NOT internal
        UNION ALL SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"""
    assert not [row for row in rows(path, sql) if not row[2]]


def test_a_recaption_that_was_never_proven_is_listed(
    tmp_path: Path, inputs: Inputs, records: dict[str, Any]
) -> None:
    unproven = {"recaption": records["attempts"][0].recaption}
    harvested, searched, verified = steps(records)
    ended = verified | {"cells": encode({"attempts": [], **unproven}).decode()}
    write_current(inputs["current"][0], [harvested, searched, ended])
    build_database(tmp_path / "c.duckdb", **inputs)
    assert rows(tmp_path / "c.duckdb", "SELECT attempt, passed FROM recaptions") == [(1, None)]


def test_candidates_carry_their_perceptual_hash(
    tmp_path: Path, inputs: Inputs, records: dict[str, Any]
) -> None:
    path = tmp_path / "catalog.duckdb"
    pictures = [one.picture.sha256 for one in records["image_trace"].candidates]
    notes = [{"phash": "f000000000000001"}, {"phash": "00000000000000ff"}, {"error": "cut"}]
    scores = [
        PictureScores(sha256=sha, values={}, notes=note) for sha, note in zip(pictures, notes, strict=True)
    ]
    write_current(inputs["current"][0], steps({**records, "duplicates": scores}))
    build_database(path, **inputs)
    hashes = rows(path, "SELECT phash FROM candidates ORDER BY position")
    assert hashes == [(0xF000000000000001,), (0xFF,), (None,)]


def test_documents_of_reserved_prompts_are_kept_as_they_are(
    tmp_path: Path, inputs: Inputs, records: dict[str, Any]
) -> None:
    path = tmp_path / "catalog.duckdb"
    write_current(inputs["current"][0], steps({**records, "reservation": Reservation(split="benchmark")}))
    build_database(path, **inputs)
    ((entity, prompt, truth),) = rows(path, "SELECT entity, prompt, ground_truth FROM reserved")
    assert json.loads(entity) == msgspec.to_builtins(records["entity"])
    assert json.loads(prompt) == msgspec.to_builtins(records["prompt"])
    assert json.loads(truth) == msgspec.to_builtins(records["ground_truth"])


def test_failed_records_are_listed_with_their_last_error(
    tmp_path: Path, inputs: Inputs, records: dict[str, Any]
) -> None:
    path = tmp_path / "catalog.duckdb"
    harvested, searched, _ = steps(records)
    failed = {"outcome": "failed", "reason": "Timeout", "attempts": 3, "detail": "no answer within 60 s"}
    write_current(inputs["current"][0], [harvested, {**searched, **failed, "cells": "{}"}])
    build_database(path, **inputs)
    assert rows(path, "SELECT stage, attempts, error, last_error FROM dead_letters") == [
        ("search", 3, "Timeout", "no answer within 60 s")
    ]


def test_what_a_run_declared_otherwise_is_named(tmp_path: Path, inputs: Inputs) -> None:
    path = tmp_path / "catalog.duckdb"
    old = {
        "stage": "search",
        "version": "1",
        "parameters": {"policy": {"least": 2}},
        "models": {"chat": "a@1"},
    }
    new = old | {"version": "2", "parameters": {"policy": {"least": 3, "most": 9}}}
    runs = [RUN | {"run": f"r{n}", "stages": {"search": one}} for n, one in enumerate([old, old, new])]
    runs.insert(2, RUN | {"run": "r1-killed", "finished": None, "stages": {"search": new}})
    build_database(path, **inputs | {"runs": runs})
    assert rows(path, "SELECT run, previous, stage, name, before, after FROM changes") == [
        ("r2", "r1", "search", "parameters.policy.least", "2", "3"),
        ("r2", "r1", "search", "parameters.policy.most", None, "9"),
        ("r2", "r1", "search", "version", "1", "2"),
    ]


def test_lineage_leads_from_a_member_to_a_page_and_its_revision(
    tmp_path: Path, inputs: Inputs, records: dict[str, Any]
) -> None:
    path, key = tmp_path / "catalog.duckdb", records["prompt"].key
    build_database(path, **inputs)
    sql = f"SELECT part, url, revision, licence, author FROM lineage WHERE member = '{key}.json'"
    page = "https://encyclopedia.example/Apple"
    assert rows(path, sql) == [("evidence", page, "7", "CC-BY-SA-4.0", "Ed")]
    members = rows(path, f"SELECT member FROM lineage WHERE key = '{key}' AND part = 'ref1'")
    assert members == [(f"{key}.ref1.jpg",)]


def test_a_lost_record_leaves_the_old_database(
    tmp_path: Path, inputs: Inputs, records: dict[str, Any]
) -> None:
    path = tmp_path / "catalog.duckdb"
    build_database(path, **inputs)
    before = path.read_bytes()
    harvested, _, verified = steps(records)
    write_current(inputs["current"][0], [harvested, outcome("search", "x-en-0", harvested["key"]), verified])
    with pytest.raises(FunnelError, match="1 records that search kept did not enter verify: x-en-0"):
        build_database(path, **inputs)
    assert path.read_bytes() == before


def test_an_entity_that_the_source_moved_to_another_domain_is_named_with_both(
    tmp_path: Path, inputs: Inputs, records: dict[str, Any]
) -> None:
    """One of them was brought up, the other still has it."""
    moved = [row | {"domain": "toy"} for row in steps(records)]
    both = [*inputs["current"], write_current(tmp_path / "current" / "toy-0.parquet", moved)]
    with pytest.raises(FunnelError, match=r"is in food and in toy, .* run again for both"):
        build_database(tmp_path / "catalog.duckdb", **inputs | {"current": both})


def test_a_damaged_table_is_named(tmp_path: Path, inputs: Inputs) -> None:
    (table,) = inputs["current"]
    whole = table.read_bytes()
    table.write_bytes(whole[:-20])
    with pytest.raises(LedgerError, match=r"(?s)food-0\.parquet cannot be read .* delete this file"):
        build_database(tmp_path / "catalog.duckdb", **inputs)
    table.write_bytes(whole[:4] + bytes(len(whole) // 2) + whole[4 + len(whole) // 2 :])
    with pytest.raises(LedgerError, match=r"(?s)food-0\.parquet cannot be read .* delete this file"):
        build_database(tmp_path / "catalog.duckdb", **inputs)
    assert not (tmp_path / "catalog.duckdb").exists()


def test_a_picture_is_found_wherever_it_is_used(tmp_path: Path, inputs: Inputs) -> None:
    path = tmp_path / "catalog.duckdb"
    build_database(path, **inputs)
    (chosen,) = rows(path, "SELECT sha256 FROM images WHERE role = 'ref1'")
    used = rows(
        path, f"SELECT used_as, reason FROM picture_uses WHERE sha256 = '{chosen[0]}' ORDER BY used_as"
    )
    assert used == [("candidate", "kept"), ("ref1", None)]


def test_the_yield_of_a_domain_is_told(tmp_path: Path, inputs: Inputs) -> None:
    path = tmp_path / "catalog.duckdb"
    build_database(path, **inputs)
    told = rows(path, "SELECT prompts, reserved, proven, rejected, failed, unfinished, yield FROM yields")
    assert told == [(1, 0, 1, 0, 0, 0, 1.0)]


def test_what_a_killed_client_had_written_goes_with_the_database_that_it_had_open(
    tmp_path: Path, inputs: Inputs
) -> None:
    path = tmp_path / "catalog.duckdb"
    build_database(path, **inputs)
    made = f"client = duckdb.connect({str(path)!r}); client.execute('CREATE VIEW mine AS SELECT 1')"
    write = f"import duckdb, os; {made}; os._exit(9)"
    subprocess.run([sys.executable, "-c", write], check=False)
    assert path.with_name("catalog.duckdb.wal").exists()
    assert build_database(path, **inputs | {"quotas": []})
    assert rows(path, "SELECT count(*) FROM trajectories") == [(1,)]


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


def test_a_file_that_a_statement_names_wrongly_is_no_damage(tmp_path: Path, inputs: Inputs) -> None:
    path = tmp_path / "catalog.duckdb"
    build_database(path, **inputs)
    with pytest.raises(CatalogError, match=r"/no/such\.csv") as refused:
        query(path, "FROM read_csv('/no/such.csv')")
    assert "delete" not in str(refused.value)


def test_what_is_wrong_with_a_statement_is_told_in_one_line(tmp_path: Path, inputs: Inputs) -> None:
    path = tmp_path / "catalog.duckdb"
    build_database(path, **inputs)
    for sql in ("SELECT titel\nFROM trajectories", "SELEC", " "):
        with pytest.raises(CatalogError) as refused:
            query(path, sql)
        assert "\n" not in str(refused.value)


def test_no_catalog_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="tracemill run"):
        query(tmp_path / "catalog.duckdb", "SELECT 1")


def test_the_spread_of_a_judge_stands_beside_the_drawing_that_it_saw(
    tmp_path: Path, inputs: Inputs, records: dict[str, Any]
) -> None:
    path, current = tmp_path / "catalog.duckdb", inputs["current"][0]
    build_database(path, **inputs)
    assert rows(path, "SELECT DISTINCT spread FROM proofs") == [(None,)]
    harvest, *tried, missing = pq.read_table(current).to_pylist()
    for row, spread in zip(tried, (3.0, 1.0), strict=True):
        judgement = ProofJudgement(judge="vlm@1", instruction="i", drawings=[judged(2, spread)])
        row["cells"] = json.dumps(
            {**json.loads(row["cells"]), "proof_judgement": msgspec.to_builtins(judgement)}
        )
    write_current(current, [harvest, *tried, missing])
    build_database(path, **inputs)
    told = rows(path, "SELECT attempt, seed, spread['identity'] FROM proofs ORDER BY attempt, seed")
    assert told == [(1, 1, None), (1, 2, 3.0), (2, 1, None), (2, 2, 1.0)]


def judged(seed: int, spread: float) -> JudgedDrawing:
    return JudgedDrawing(
        seed=seed,
        same_subject=1.0,
        identity=8.0,
        scene_followed=1.0,
        spread={"identity": spread},
        votes=3,
        critique="",
    )
