"""What was paid is told to the last call, by stage and in all, and held against the budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalogs.results import EARLIER, Entry, read_cells, read_index, to_table
from pipelines.account import Account, account_of
from pipelines.costs import Cost, history_of
from pipelines.engine.emit import CURRENT
from pipelines.profile import load_profile
from pipelines.terminal.printing import account_total
from tests.fakes import Fake, serving
from tests.pipelines.endpoints import served
from workers.endpoint import Budget, Journal
from workers.endpoint.budget import Total


def test_every_stage_knows_what_its_calls_have_cost(tmp_path: Path) -> None:
    """Prices of the graph: 1 for a million tokens in, 2 for a million out, of chat calls alone."""
    with serving(Fake()) as fake:
        job, buckets = served(fake, tmp_path, entities=2)
    flow = job.flow(lambda *_: None)
    spent: dict[str, Cost] = {}
    for step in (step for bucket in buckets for step in flow.plan(bucket).steps):
        one = step.entry
        cost = Cost(one.calls, one.tokens_in, one.tokens_out, one.micros)
        spent[step.stage] = spent.get(step.stage, Cost()) + cost
    for stage in ("gap", "search-text", "search-images", "recaption"):
        assert spent[stage].micros == spent[stage].tokens_in + 2 * spent[stage].tokens_out > 0
    assert spent["draw"].micros == spent["prompt"].micros == 0
    assert sum(cost.micros for cost in spent.values()) == Journal(tmp_path / "calls").total.micros


def test_the_account_is_read_from_the_journal_and_held_against_the_budget(tmp_path: Path) -> None:
    with serving(Fake()) as fake:
        served(fake, tmp_path, entities=1)
    profile = load_profile("endpoint", {"budget.tokens": 1_000_000, "budget.money": 0.5})
    account = account_of(profile, tmp_path)
    assert account.total == Journal(tmp_path / "calls").total
    assert account.tokens_left == 1_000_000 - account.total.tokens_in - account.total.tokens_out
    assert account.money_left == pytest.approx(0.5 - account.total.money)
    assert account.lacks(Cost(tokens_in=9e5, micros=4e5)) == []
    assert account.lacks(Cost(tokens_in=9e5, tokens_out=9e5, micros=6e5)) == ["tokens", "money"]


def test_what_is_said_of_it() -> None:
    spent = Total(calls=1200, tokens_in=30_000, tokens_out=4_000, micros=2_500_000)
    said = account_total(Account(spent, Budget(money=3.0)), Cost(micros=1e6))
    assert "1,200 calls, 30,000 tokens in, 4,000 tokens out, money 2.50" in said
    assert "of a budget of 3.00 money 0.50 is left" in said
    little = account_total(Account(Total(calls=1, micros=3400), Budget(money=0.05)))
    assert "money 0.0034" in little
    assert "of a budget of 0.0500 money 0.0466 is left" in little
    assert "raise budget.money" in said
    assert "raise" not in account_total(Account(spent, Budget(money=3.0)), Cost(micros=1e5))
    assert "raise" not in account_total(Account(spent, Budget(money=3.0), replay=True), Cost(micros=1e6))
    assert account_total(Account(Total(), Budget())) == "", "nothing was called and nothing is limited"


def row(**values: Any) -> dict[str, Any]:
    texts = dict.fromkeys(("bucket", "reason", "detail", "run", "grain", "entity_id"), "")
    own = {"position": 1, "stage": "gap", "domain": "toy", "outcome": "kept", "attempts": 1, "cells": "{}"}
    return texts | own | {"calls": 1, "tokens_in": 8, "tokens_out": 2, "seconds": 0.5} | values


def test_tables_from_before_money_was_counted_are_read_as_having_cost_none(tmp_path: Path) -> None:
    older = pa.schema([field for field in CURRENT if field.name != "micros"])
    pq.write_table(pa.Table.from_pylist([row(key="a")], schema=older), tmp_path / "toy-0.parquet")
    pq.write_table(
        pa.Table.from_pylist([row(key="b", micros=40)], schema=CURRENT), tmp_path / "toy-1.parquet"
    )
    history = history_of(tmp_path)
    assert (history.spent.calls, history.spent.micros, history.means["gap"].micros) == (2, 40, 20)

    segment = to_table([Entry("a", "x", "kept", calls=3, micros=7, asked=bytes(16))])
    pq.write_table(segment, tmp_path / "new.parquet")
    assert [entry.micros for entry in read_index(tmp_path / "new.parquet")] == [7]
    assert [asked for *_, asked in read_cells(tmp_path / "new.parquet")] == [bytes(16)]
    for earlier, micros in zip(EARLIER, (7, 0), strict=True):
        pq.write_table(segment.select(earlier.names), tmp_path / "old.parquet")
        assert [(entry.calls, entry.micros) for entry in read_index(tmp_path / "old.parquet")] == [
            (3, micros)
        ]
        assert [asked for *_, asked in read_cells(tmp_path / "old.parquet")] == [b""]
