"""What stages have cost so far, from the current tables: the ground on which a plan is priced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from catalogs.results import PASSED
from pipelines.engine.buckets import Bucket


@dataclass(frozen=True)
class Cost:
    """Calls of models, their tokens and money, and seconds of work, summed over workers."""

    calls: float = 0.0
    tokens_in: float = 0.0
    tokens_out: float = 0.0
    micros: float = 0.0
    """Millionths of the profile's currency, as the prices were when the calls were made."""
    seconds: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.calls + other.calls,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.micros + other.micros,
            self.seconds + other.seconds,
        )

    def __mul__(self, times: float) -> Cost:
        return Cost(
            self.calls * times,
            self.tokens_in * times,
            self.tokens_out * times,
            self.micros * times,
            self.seconds * times,
        )

    @property
    def money(self) -> float:
        return self.micros / 1e6


Outcomes = Mapping[tuple[str, str, str, int], int]
"""(stage, outcome, reason, attempts) -> records."""


@dataclass(frozen=True)
class History:
    """Everything that the current tables say, counted."""

    means: Mapping[str, Cost]
    """Stage -> cost of one record that it computed."""
    computed: Mapping[str, int]
    """Stage -> records that it computed; those that it let pass are not among them."""
    buckets: Mapping[tuple[str, str], Outcomes]
    spent: Cost = Cost()
    """All that the current results have cost."""

    def counts(self, bucket: Bucket) -> Outcomes:
        return self.buckets.get((bucket.domain, bucket.name), {})

    def ratio(self, stage: str, later: str) -> float:
        """Records that a later stage computes for each one of an earlier stage; 1 where nothing is known."""
        base = self.computed.get(stage, 0)
        return self.computed.get(later, 0) / base if base else 1.0


def history_of(current: Path) -> History:
    """One pass over a few columns of the tables."""
    import polars as pl

    files = sorted(current.glob("[!.]*.parquet"))
    if not files:
        return History({}, {}, {})
    names = ["domain", "bucket", "stage", "outcome", "reason", "attempts"]
    spent = ["calls", "tokens_in", "tokens_out", "micros", "seconds"]
    kinds = {"attempts": pl.Int32, "seconds": pl.Float64} | dict.fromkeys(spent[:-1], pl.Int64)
    # Tables that were written before money was counted lack its column.
    schema = {name: kinds.get(name, pl.String) for name in (*names, *spent)}
    rows = pl.scan_parquet(
        files,
        glob=False,
        hive_partitioning=False,
        schema=schema,
        missing_columns="insert",
        extra_columns="ignore",
    )
    counted = rows.group_by(names).agg(pl.len().alias("records"), *(pl.col(name).sum() for name in spent))
    buckets: dict[tuple[str, str], dict[tuple[str, str, str, int], int]] = {}
    totals: dict[str, tuple[int, Cost]] = {}
    for domain, bucket, stage, outcome, reason, attempts, records, *sums in counted.collect().iter_rows():
        key = (stage, outcome, reason, attempts)
        buckets.setdefault((domain, bucket), {})[key] = records
        if outcome != PASSED:
            count, cost = totals.get(stage, (0, Cost()))
            totals[stage] = count + records, cost + Cost(*sums)
    return History(
        means={stage: cost * (1 / count) for stage, (count, cost) in totals.items()},
        computed={stage: count for stage, (count, _) in totals.items()},
        buckets=buckets,
        spent=sum((cost for _, cost in totals.values()), Cost()),
    )
