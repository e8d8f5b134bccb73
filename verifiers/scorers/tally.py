"""From results of items to a table: a line a category, a group, and the averages, with nothing left out.

Every line tells how many items were asked for and what became of them: asked = scored + missing + failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from catalogs.records import Record
from verifiers.scorers.bootstrap import Interval, average, interval

SCORED, MISSING, FAILED = "scored", "missing", "failed"


class ItemScore(Record, frozen=True, kw_only=True):
    """What became of one item."""

    key: str
    category: str
    group: str = ""
    outcome: str
    """``scored``, ``missing`` (there was nothing to judge) or ``failed`` (there is no usable judgement)."""
    reason: str = ""
    detail: str = ""
    values: dict[str, float] = {}
    """Measures, on the scale on which they are reported."""
    notes: dict[str, str] = {}
    judge: str = ""
    """Name and revision of who judged or measured; empty for scores that were given."""
    instruction: str = ""
    """Digest of what the judge was told."""
    drawn: str = ""
    """SHA-256 of the picture, where it was drawn here."""


class Line(Record, frozen=True, kw_only=True):
    """One line of the table."""

    name: str
    kind: str
    """``category``, ``group``, ``micro`` (mean over items) or ``macro`` (mean over categories)."""
    asked: int
    scored: int
    missing: int
    failed: int
    scores: dict[str, Interval]
    """Measure -> mean with its interval; empty where nothing was scored."""


def lines_by(
    kind: str, of: Callable[[ItemScore], str], items: Sequence[ItemScore], measures: Sequence[str]
) -> list[Line]:
    """A line for each value of `of`, sorted; items without one have no line here."""
    names = sorted({of(item) for item in items} - {""})
    return [line(kind, name, [i for i in items if of(i) == name], measures) for name in names]


def line(kind: str, name: str, items: Sequence[ItemScore], measures: Sequence[str]) -> Line:
    """Means over all scored items."""
    strata = [matrix(items, measures)]
    return counted(kind, name, items, _scores(strata, measures, f"{kind}/{name}"))


def macro(name: str, parts: Mapping[str, Sequence[ItemScore]], measures: Sequence[str]) -> Line:
    """Means over the means of the parts; parts without a scored item are left out, their items counted."""
    strata = [matrix(items, measures) for items in parts.values()]
    everything = [item for items in parts.values() for item in items]
    return counted("macro", name, everything, _scores(strata, measures, f"macro/{name}"))


def counted(kind: str, name: str, items: Sequence[ItemScore], scores: dict[str, Interval]) -> Line:
    """A line with the counts of its items."""
    outcomes = [item.outcome for item in items]
    return Line(
        name=name,
        kind=kind,
        asked=len(items),
        scored=outcomes.count(SCORED),
        missing=outcomes.count(MISSING),
        failed=outcomes.count(FAILED),
        scores=scores,
    )


def parts_of(of: Callable[[ItemScore], str], items: Iterable[ItemScore]) -> dict[str, list[ItemScore]]:
    """Items by the value of `of`, sorted."""
    parts: dict[str, list[ItemScore]] = {}
    for item in items:
        parts.setdefault(of(item), []).append(item)
    return dict(sorted(parts.items()))


def matrix(items: Iterable[ItemScore], measures: Sequence[str]) -> Any:
    """float [scored items, measures]; NaN where an item lacks a measure."""
    rows = [[item.values.get(m, np.nan) for m in measures] for item in items if item.outcome == SCORED]
    return np.array(rows, np.float64).reshape(len(rows), len(measures))


def applicable(stratum: Any, index: int) -> Any:
    """Rows of a stratum to whose items a measure applies: only those are drawn anew for it."""
    return stratum[~np.isnan(stratum[:, index])]


def _scores(strata: Sequence[Any], measures: Sequence[str], purpose: str) -> dict[str, Interval]:
    found = {}
    for index, measure in enumerate(measures):
        having = [applicable(stratum, index) for stratum in strata]
        if any(len(stratum) for stratum in having):
            found[measure] = interval(having, average(index), f"{purpose}/{measure}")
    return found
