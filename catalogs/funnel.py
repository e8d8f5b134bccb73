"""The funnel: how many records entered each stage, and what became of every one of them (rule 3).

Stages of entities count entities, stages of prompts count prompts. `check_funnel` holds that no row vanishes.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pyarrow as pa

from catalogs.digests import rounded
from catalogs.errors import CatalogError
from catalogs.ledger import FAILED, KEPT, PASSED, REJECTED
from catalogs.records import Record

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

    @property
    def survivors(self) -> int:
        return self.kept + self.passed


class Funnel(Record, frozen=True, kw_only=True):
    """All stages in the order of the graph."""

    stages: list[StageCounts]
    by_domain: list[StageCounts]
    """One for every stage and domain with records, in the order of stages, then domains."""


def funnel_of(outcomes: pa.Table, grains: Mapping[str, Grain]) -> Funnel:
    """Count `outcomes` (columns as `catalogs.database.OUTCOMES`); `grains` tells what each stage counts.

    Raises `FunnelError` for a stage without a grain.
    """
    names = [
        "stage",
        "position",
        "domain",
        "outcome",
        "reason",
        "calls",
        "tokens_in",
        "tokens_out",
        "seconds",
    ]
    totals: dict[tuple[int, str, str], dict[str, Any]] = {}
    for row in outcomes.select(names).to_pylist():
        stage, position = row["stage"], row["position"]
        if stage not in grains:
            raise FunnelError(f"stage {stage} has no grain: say whether it counts entities or prompts")
        for domain in ("", row["domain"]):
            _count(totals.setdefault((position, stage, domain), _zero()), row)
    counted = [
        StageCounts(stage=stage, position=position, grain=grains[stage], domain=domain, **_settled(values))
        for (position, stage, domain), values in sorted(totals.items())
    ]
    return Funnel(
        stages=[counts for counts in counted if not counts.domain],
        by_domain=[counts for counts in counted if counts.domain],
    )


def check_funnel(outcomes: pa.Table, grains: Mapping[str, Grain]) -> None:
    """Hold that entered = kept + passed + rejected + failed, and that each stage got what was kept before it.

    Where prompts follow entities, every kept entity must have at least one prompt, and every prompt a kept
    entity. Raises `FunnelError` naming the stage and some of the records.
    """
    rows = outcomes.select(["position", "stage", "key", "entity_id", "outcome"]).to_pylist()
    stages: dict[tuple[int, str], dict[str, tuple[str, str]]] = {}
    for row in rows:
        records = stages.setdefault((row["position"], row["stage"]), {})
        if row["key"] in records:
            raise FunnelError(f"{row['stage']}: record {row['key']} has two outcomes; {_REMEDY}")
        if row["outcome"] not in (KEPT, PASSED, REJECTED, FAILED):
            raise FunnelError(f"{row['stage']}: record {row['key']} ended as {row['outcome']!r}; {_REMEDY}")
        records[row["key"]] = (row["entity_id"], row["outcome"])
    ordered = sorted(stages.items())
    for ((_, before), earlier), ((_, after), later) in pairwise(ordered):
        unfolded = grains[before] != grains[after]
        kept = {key for key, (_, outcome) in earlier.items() if outcome in (KEPT, PASSED)}
        entered = {entity for entity, _ in later.values()} if unfolded else set(later)
        if lost := kept - entered:
            raise FunnelError(
                f"{len(lost)} records that {before} kept did not enter {after}: {_some(lost)}; {_REMEDY}"
            )
        if stray := entered - kept:
            raise FunnelError(
                f"{len(stray)} records entered {after} that {before} did not keep: {_some(stray)}; {_REMEDY}"
            )


_REMEDY = "this is a defect in Tracemill: please report it with the output of `tracemill status`"


def _some(keys: set[str]) -> str:
    return ", ".join(sorted(keys)[:3])


def _zero() -> dict[str, Any]:
    numbers = dict.fromkeys(("entered", "kept", "passed", "calls", "tokens_in", "tokens_out"), 0)
    return {**numbers, "seconds": 0.0, "rejected": {}, "failed": {}}


def _count(values: dict[str, Any], row: Mapping[str, Any]) -> None:
    values["entered"] += 1
    outcome = row["outcome"]
    if outcome in (REJECTED, FAILED):
        values[outcome][row["reason"]] = values[outcome].get(row["reason"], 0) + 1
    else:
        values[outcome] += 1
    for name in ("calls", "tokens_in", "tokens_out", "seconds"):
        values[name] += row[name]


def _settled(values: dict[str, Any]) -> dict[str, Any]:
    ordered = {kind: _by_frequency(values[kind]) for kind in (REJECTED, FAILED)}
    return {**values, **ordered, "seconds": rounded(values["seconds"])}


def _by_frequency(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
