"""Numbers that papers print, to stand beside a result: `published_numbers.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from catalogs.records import Record

FILE = Path(__file__).with_suffix(".toml")


class PublishedTable(Record, frozen=True, kw_only=True):
    """One published table, in the units in which it is printed."""

    benchmark: str
    """Slug of the benchmark, with the version where there are several: ``wise-verified``."""
    source: str
    scale: float
    """What a score of ours is multiplied with to stand in this table."""
    columns: list[str]
    """Names of categories or measures of ours, or ``overall``."""
    average: str = "macro"
    """Kind of our line under ``overall`` and under measures: ``macro`` or ``micro``, as in the source."""
    rows: list[list[str | float]]
    """Model, then a number a column; empty where the source prints none."""


def tables_of(benchmark: str) -> list[PublishedTable]:
    """The tables of a benchmark; none where no source was read."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))["table"]
    return [t for t in msgspec.convert(tables, list[PublishedTable]) if t.benchmark == benchmark]
