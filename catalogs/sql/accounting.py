"""The account of every record: what a stage kept is found in the next one, and at the end in a shard.

This is rule 3. It is asked of the `outcomes` of a catalog, a pair of stages at a time: a million records cost
some queries, and not a million Python objects.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import duckdb

from catalogs.funnel import FunnelError, Grain
from catalogs.results import FAILED, KEPT, PASSED, REJECTED

_REMEDY = "this is a defect in Tracemill: please report it with the output of `tracemill status`"


def check_funnel(database: duckdb.DuckDBPyConnection) -> None:
    """Hold that entered = kept + passed + rejected + failed, and that each stage got what was kept before it.

    Where prompts follow entities, every kept entity must have at least one prompt, and every prompt a kept
    entity. What the last stage kept must be in the shards. Stages follow one another within a domain, because
    a domain that was last brought up with an earlier graph has other stages. Raises `FunnelError` naming the
    stage and some of the records.
    """
    found = database.execute("""
        SELECT position, stage, any_value(grain), list(DISTINCT domain) FROM outcomes
        GROUP BY position, stage ORDER BY position, stage""").fetchall()
    stages = {_Stage(position, stage, grain): set(domains) for position, stage, grain, domains in found}
    for stage in stages:
        _check_outcomes(database, stage)
    steps: dict[tuple[_Stage, _Stage], list[str]] = {}
    last: dict[_Stage, list[str]] = {}
    for domain in sorted(set().union(*stages.values())):
        entered = [stage for stage in stages if domain in stages[stage]]
        for step in pairwise(entered):
            steps.setdefault(step, []).append(domain)
        last.setdefault(entered[-1], []).append(domain)
    for (before, after), domains in steps.items():
        _check_step(database, before, after, domains)
    for stage, domains in last.items():
        _check_shipped(database, stage, domains)


class _Stage(NamedTuple):
    """A stage as `outcomes` tells of it."""

    position: int
    label: str
    grain: Grain

    def kept(self, parameter: str) -> str:
        """Query of the records that it kept in `$domains`; its label is a parameter."""
        return f"""SELECT key AS record FROM outcomes WHERE position = {self.position}
            AND stage = ${parameter} AND list_contains($domains, domain)
            AND outcome IN ('{KEPT}', '{PASSED}')"""


def _check_outcomes(database: duckdb.DuckDBPyConnection, stage: _Stage) -> None:
    """One outcome a record, and one that we know."""
    asked = [stage.position, stage.label]
    twice = """SELECT key, list_sort(list(DISTINCT domain)) FROM outcomes WHERE position = ? AND stage = ?
        GROUP BY key HAVING count(*) > 1 ORDER BY key LIMIT 1"""
    if found := database.execute(twice, asked).fetchone():
        key, domains = found
        if len(domains) > 1:
            raise FunnelError(
                f"{key} is in {' and in '.join(domains)}, because the source has moved it from one to the "
                "other: run again for both, or for all domains"
            )
        raise FunnelError(f"{stage.label}: record {key} has two outcomes; {_REMEDY}")
    odd = """SELECT key, outcome FROM outcomes
        WHERE position = ? AND stage = ? AND NOT list_contains(?, outcome) ORDER BY key LIMIT 1"""
    if found := database.execute(odd, [*asked, [KEPT, PASSED, REJECTED, FAILED]]).fetchone():
        raise FunnelError(f"{stage.label}: record {found[0]} ended as {found[1]!r}; {_REMEDY}")


def _check_step(
    database: duckdb.DuckDBPyConnection, before: _Stage, after: _Stage, domains: list[str]
) -> None:
    """What the one stage kept, the next one got."""
    kept = before.kept("before")
    entered = "key" if before.grain == after.grain else "entity_id"
    came = f"""SELECT DISTINCT {entered} AS record FROM outcomes
        WHERE position = {after.position} AND stage = $after AND list_contains($domains, domain)"""
    names = {"before": before.label, "after": after.label, "domains": domains}
    if lost := _missing(database, kept, came, names):
        raise FunnelError(
            f"{lost[0]} records that {before.label} kept did not enter {after.label}: {lost[1]}; {_REMEDY}"
        )
    if stray := _missing(database, came, kept, names):
        raise FunnelError(
            f"{stray[0]} records entered {after.label} that {before.label} did not keep: {stray[1]}; "
            f"{_REMEDY}"
        )


def _check_shipped(database: duckdb.DuckDBPyConnection, stage: _Stage, domains: list[str]) -> None:
    """What the last stage kept is in the shards."""
    names = {"last": stage.label, "domains": domains}
    shipped = "SELECT key AS record FROM trajectories"
    if lost := _missing(database, stage.kept("last"), shipped, names):
        raise FunnelError(
            f"{lost[0]} records that {stage.label} kept are in no later stage and in no shard: {lost[1]}; "
            "run again for all domains"
        )


def _missing(
    database: duckdb.DuckDBPyConnection, those: str, among: str, names: dict[str, Any]
) -> tuple[int, str] | None:
    """How many of the one query's records the other has not, and the first three of them."""
    found = database.execute(
        f"""SELECT count(*), array_to_string(min(record, 3), ', ')
            FROM ({those}) ANTI JOIN ({among}) USING (record)""",
        names,
    ).fetchone()
    return (found[0], found[1]) if found and found[0] else None
