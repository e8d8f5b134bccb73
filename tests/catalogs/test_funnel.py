"""No record vanishes: every stage accounts for all that entered."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from catalogs.database import OUTCOMES
from catalogs.funnel import FunnelError, check_funnel, funnel_of

GRAINS = {"harvest": "entity", "gap": "prompt", "verify": "prompt"}
POSITIONS = {"harvest": 0, "gap": 1, "verify": 2}


def table(*rows: tuple[str, str, str, str, str]) -> pa.Table:
    """Rows of stage, key, domain, outcome, reason; the entity is the key up to its first hyphen."""
    common: dict[str, Any] = {
        "bucket": "0",
        "detail": "",
        "attempts": 1,
        "calls": 1,
        "tokens_in": 3,
        "tokens_out": 2,
    }
    return pa.Table.from_pylist(
        [
            common
            | {"stage": stage, "position": POSITIONS[stage], "key": key, "entity_id": key.partition("-")[0]}
            | {"domain": domain, "outcome": outcome, "reason": reason, "seconds": 0.25, "run": "r"}
            for stage, key, domain, outcome, reason in rows
        ],
        schema=OUTCOMES,
    )


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
    funnel = funnel_of(table(*WHOLE), GRAINS)
    harvest, gap, verify = funnel.stages
    assert (harvest.entered, harvest.kept, harvest.rejected, harvest.grain) == (
        3,
        2,
        {"no-picture": 1},
        "entity",
    )
    assert (gap.entered, gap.kept, gap.passed, gap.failed, gap.survivors) == (3, 1, 1, {"TimeoutError": 1}, 2)
    assert (verify.calls, verify.tokens_in, verify.seconds) == (2, 6, 0.5)
    assert [(c.stage, c.domain, c.entered) for c in funnel.by_domain[:2]] == [
        ("harvest", "food", 1),
        ("harvest", "toy", 2),
    ]
    check_funnel(table(*WHOLE), GRAINS)


def test_reasons_stand_most_frequent_first() -> None:
    rows = [
        ("harvest", key, "toy", "rejected", reason) for key, reason in [("a", "x"), ("b", "y"), ("c", "y")]
    ]
    assert list(funnel_of(table(*rows), GRAINS).stages[0].rejected) == ["y", "x"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:-1], "1 records that gap kept did not enter verify: b-1"),
        (
            lambda rows: [*rows, ("verify", "a-2", "food", "kept", "")],
            "entered verify that gap did not keep: a-2",
        ),
        (
            lambda rows: [row for row in rows if row[1] != "b-1"],
            "1 records that harvest kept did not enter gap: b",
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
        check_funnel(table(*change(WHOLE)), GRAINS)


def test_nothing_is_a_funnel_too() -> None:
    check_funnel(table(), GRAINS)
    assert funnel_of(table(), GRAINS).stages == []


def test_a_stage_without_a_grain_is_refused() -> None:
    with pytest.raises(FunnelError, match="gap has no grain"):
        funnel_of(table(*WHOLE), {"harvest": "entity"})
