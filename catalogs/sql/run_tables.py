"""Runs as tables: when, with which settings, what their stages declared, and what quotas were spent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from catalogs.arrow import to_table
from catalogs.digests import encode

Runs = Sequence[Mapping[str, Any]]
"""One mapping a run, with ``run``, and ``stages``: label -> `catalogs.stage.Stage.declaration`."""


class QuotaDay(msgspec.Struct, frozen=True, kw_only=True):
    """One day of a service that answers so many requests a day."""

    service: str
    """Who was asked: ``babelnet``."""
    day: str
    """In UTC, as YYYY-MM-DD."""
    spent: int
    """Requests that were sent, those without an answer among them."""
    remaining: int | None = None
    """What the day's quota then left; NULL where it was not written down."""
    requests: dict[str, int] = {}
    """Requests by what was asked for."""


def quota_table(days: Sequence[QuotaDay]) -> pa.Table:
    """One row a service and day."""
    return to_table(days, QuotaDay)


def run_table(runs: Runs) -> pa.Table:
    """Scalars as they are; nested values as JSON text, because their fields differ from run to run."""
    names = dict.fromkeys([*_ALWAYS, *(name for run in runs for name in run if name != "stages")])
    columns = {name: [_flat(run.get(name)) for run in runs] for name in names}
    return pa.table({name: pa.array(columns.pop(name), pa.string()) for name in _ALWAYS} | columns)


_ALWAYS = ("run", "started", "finished")
"""Columns that are there without any run, too."""


def _flat(value: Any) -> Any:
    return encode(value).decode() if isinstance(value, dict | list | tuple) else value


def declarations(runs: Runs) -> pa.Table:
    """One row a run, stage and leaf of what the stage declared, so that two runs can be compared by name."""
    rows = [
        {"run": run["run"], "stage": stage, "name": name, "value": value}
        for run in runs
        for stage, declared in run.get("stages", {}).items()
        for name, value in _leaves("", declared)
        if name != "stage"
    ]
    schema = pa.schema([(name, pa.string()) for name in ("run", "stage", "name", "value")])
    return pa.Table.from_pylist(rows, schema=schema)


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in sorted(value.items()):
            yield from _leaves(f"{name}.{key}" if name else key, inner)
    else:
        yield name, value if isinstance(value, str) else encode(value).decode()
