"""No record vanishes: every stage accounts for all that entered."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from catalogs.funnel import FunnelError, funnel_of
from catalogs.sql.accounting import check_funnel
from catalogs.sql.staging import OUTCOMES
from catalogs.sql.tables import TABLES

GRAINS = {"harvest": "entity", "gap": "prompt", "verify": "prompt"}
POSITIONS = {"harvest": 0, "gap": 1, "verify": 2}


def table(*rows: tuple[str, str, str, str, str]) -> duckdb.DuckDBPyConnection:
    """Rows of stage, key, domain, outcome, reason; the entity is the key up to its first hyphen."""
    database = duckdb.connect()
    columns = ", ".join(f"{name} {kind}" for name, kind in OUTCOMES.items())
    database.execute(f"CREATE TABLE outcomes ({columns})")
    database.execute(f"CREATE VIEW funnel AS {TABLES['funnel']}")
    for stage, key, domain, outcome, reason in rows:
        row = [
            stage,
            POSITIONS[stage],
            GRAINS[stage],
            key,
            key.partition("-")[0],
            domain,
            "0",
            outcome,
            reason,
        ]
        placeholders = ", ".join("?" * len(OUTCOMES))
        database.execute(
            f"INSERT INTO outcomes VALUES ({placeholders})", [*row, "", 1, 1, 3, 2, 0, 0.25, "r"]
        )
    database.execute("CREATE TABLE trajectories (key VARCHAR)")
    database.execute("INSERT INTO trajectories SELECT key FROM outcomes WHERE stage = 'verify'")
    return database


WHOLE = [
    ("harvest", "a", "food", "kept", ""),
    ("harvest", "b", "toy", "kept", ""),
    ("harvest", "c", "toy", "rejected", "no-picture"),
    ("gap", "a-1", "food", "kept", ""),
    ("gap", "a-2", "food", "failed", "TimeoutError"),
    ("gap", "b-1", "toy", "passed", ""),
    ("verify", "a-1", "food", "rejected", "margin"),
    ("verify", "b-1", "toy", "kept", ""),
]


def test_every_outcome_is_counted_by_reason_and_domain() -> None:
    funnel = funnel_of(table(*WHOLE))
    harvest, gap, verify = funnel.stages
    assert (harvest.entered, harvest.kept, harvest.rejected, harvest.grain) == (
        3,
        2,
        {"no-picture": 1},
        "entity",
    )
    assert (gap.entered, gap.kept, gap.passed, gap.failed) == (3, 1, 1, {"TimeoutError": 1})
    assert (verify.calls, verify.tokens_in, verify.seconds) == (2, 6, 0.5)
    assert [(c.stage, c.domain, c.entered) for c in funnel.by_domain[:2]] == [
        ("harvest", "food", 1),
        ("harvest", "toy", 2),
    ]
    check_funnel(table(*WHOLE))


def test_reasons_stand_most_frequent_first() -> None:
    rows = [
        ("harvest", key, "toy", "rejected", reason) for key, reason in [("a", "x"), ("b", "y"), ("c", "y")]
    ]
    assert list(funnel_of(table(*rows)).stages[0].rejected) == ["y", "x"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:-1], "1 records that gap kept are in no later stage and in no shard: b-1"),
        (
            lambda rows: [*rows, ("verify", "a-2", "food", "kept", "")],
            "entered verify that gap did not keep: a-2",
        ),
        (
            lambda rows: [row for row in rows if row[1] != "b-1"],
            "1 records that harvest kept are in no later stage and in no shard: b;",
        ),
        (
            lambda rows: [*rows, ("harvest", "d", "food", "kept", "")],
            "1 records that harvest kept did not enter gap: d",
        ),
        (lambda rows: [*rows, ("gap", "c-1", "toy", "kept", "")], "entered gap that harvest did not keep: c"),
        (lambda rows: [*rows, rows[-1]], "verify: record b-1 has two outcomes"),
        (
            lambda rows: [*rows[:-1], ("verify", "b-1", "toy", "lost", "")],
            "verify: record b-1 ended as 'lost'",
        ),
    ],
)
def test_a_record_that_vanishes_or_appears_is_named_with_its_stage(change: Any, message: str) -> None:
    with pytest.raises(FunnelError, match=message):
        check_funnel(table(*change(WHOLE)))


def test_nothing_is_a_funnel_too() -> None:
    check_funnel(table())
    assert funnel_of(table()).stages == []


def test_a_domain_of_an_earlier_graph_has_stages_of_its_own() -> None:
    """``gap`` was added to the graph, and toy has not been brought up since."""
    check_funnel(
        table(
            ("harvest", "a", "food", "kept", ""),
            ("gap", "a-1", "food", "kept", ""),
            ("verify", "a-1", "food", "kept", ""),
            ("harvest", "b", "toy", "kept", ""),
            ("verify", "b-1", "toy", "kept", ""),
        )
    )
