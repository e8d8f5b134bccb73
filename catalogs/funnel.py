"""The funnel: how many records entered each stage, and what became of every one of them (rule 3).

Stages of entities count entities, stages of prompts count prompts. `catalogs.sql.accounting` holds that no
row vanishes.
"""

from __future__ import annotations

from typing import Any

import duckdb

from catalogs.digests import rounded
from catalogs.errors import CatalogError
from catalogs.records import Record
from catalogs.results import FAILED, REJECTED

Grain = str
"""``entity`` or ``prompt``."""


class FunnelError(CatalogError):
    """Records vanished, or came from nowhere, between two stages."""


class StageCounts(Record, frozen=True, kw_only=True):
    """What became of the records of one stage, in one domain or in all of them."""

    stage: str
    position: int
    grain: Grain
    domain: str = ""
    """Empty for all domains."""
    entered: int = 0
    kept: int = 0
    passed: int = 0
    """Went on untouched, because a later round was not needed."""
    rejected: dict[str, int] = {}
    """Reason -> records, most frequent first."""
    failed: dict[str, int] = {}
    """Class of the error -> records, most frequent first."""
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0


class Funnel(Record, frozen=True, kw_only=True):
    """All stages in the order of the graph."""

    stages: list[StageCounts]
    by_domain: list[StageCounts]
    """One for every stage and domain with records, in the order of stages, then domains."""


def funnel_of(database: duckdb.DuckDBPyConnection) -> Funnel:
    """The counts of a catalog, out of its table `funnel`."""
    totals: dict[tuple[int, str, str], dict[str, Any]] = {}
    cursor = database.execute("FROM funnel")
    names = [column[0] for column in cursor.description or []]
    for values in cursor.fetchall():
        row = dict(zip(names, values, strict=True))
        for domain in ("", row["domain"]):
            counts = totals.setdefault((row["position"], row["stage"], domain), _zero(row["grain"]))
            _count(counts, row)
    counted = [
        StageCounts(stage=stage, position=position, domain=domain, **_settled(values))
        for (position, stage, domain), values in sorted(totals.items())
    ]
    return Funnel(
        stages=[counts for counts in counted if not counts.domain],
        by_domain=[counts for counts in counted if counts.domain],
    )


def _zero(grain: Grain) -> dict[str, Any]:
    numbers = dict.fromkeys(("entered", "kept", "passed", "calls", "tokens_in", "tokens_out"), 0)
    return {**numbers, "grain": grain, "seconds": 0.0, "rejected": {}, "failed": {}}


def _count(values: dict[str, Any], row: dict[str, Any]) -> None:
    values["entered"] += row["records"]
    outcome = row["outcome"]
    if outcome in (REJECTED, FAILED):
        values[outcome][row["reason"]] = values[outcome].get(row["reason"], 0) + row["records"]
    else:
        values[outcome] += row["records"]
    for name in ("calls", "tokens_in", "tokens_out", "seconds"):
        values[name] += row[name]


def _settled(values: dict[str, Any]) -> dict[str, Any]:
    ordered = {kind: _by_frequency(values[kind]) for kind in (REJECTED, FAILED)}
    return {**values, **ordered, "seconds": rounded(values["seconds"])}


def _by_frequency(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
