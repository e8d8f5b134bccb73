"""Means with percentile bootstrap intervals, seeded.

A score is a function of means of strata: of all items for a micro average, of the items of each category for
a macro average, of two groups for KnowGen. Items are drawn anew with replacement within each stratum, so that
the make-up of a benchmark, which is fixed, does not add to the width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from catalogs.digests import digest, rounded
from catalogs.records import Record

RESAMPLES = 1000
"""Enough for a percentile interval (Efron and Tibshirani, An Introduction to the Bootstrap, 1993)."""
LEVEL = 0.95
CHUNK = 50
"""Resamples held at once: 50 x 2,462 items x 5 measures are 5 MB."""

Combine = Callable[[Any], Any]
"""From means, float [..., strata, measures], to scores, float [...]."""


class Interval(Record, frozen=True, kw_only=True):
    """A score and where 95 % of its resamples lie. The ends are None where a stratum holds a single item: how
    far such items spread is not known, and drawing the one again and again would call it certain."""

    value: float
    low: float | None
    high: float | None


def interval(strata: Sequence[Any], combine: Combine, purpose: str) -> Interval:
    """The score of some strata and its interval.

    `strata`: float [items, measures] each, NaN where a measure does not apply to an item; a mean over no item
    is NaN, and what that means is `combine`'s to say. `purpose` seeds the resampling: equal purposes over
    equal strata give equal intervals.
    """
    point = float(combine(np.stack([_means(stratum) for stratum in strata])))
    sizes = [len(stratum) for stratum in strata]
    if 1 in sizes or not any(sizes):
        return Interval(value=rounded(point), low=None, high=None)
    chance = np.random.default_rng(int(digest(purpose)[:16], 16))
    drawn = []
    for start in range(0, RESAMPLES, CHUNK):
        count = min(CHUNK, RESAMPLES - start)
        means = [_means(s[chance.integers(0, max(len(s), 1), (count, len(s)))]) for s in strata]
        drawn.append(combine(np.stack(means, axis=1)))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(np.concatenate(drawn), [tail, 1 - tail])
    return Interval(value=rounded(point), low=rounded(low), high=rounded(high))


def average(measure: int) -> Combine:
    """Mean over strata of one measure; strata in which it applies to no item are left out."""

    def combine(means: Any) -> Any:
        column = means[..., measure]
        known = ~np.isnan(column)
        return np.where(known, column, 0.0).sum(axis=-1) / np.maximum(known.sum(axis=-1), 1)

    return combine


def _means(values: Any) -> Any:
    """Over items, without NaN: float [..., items, measures] -> [..., measures]; NaN over none."""
    known = ~np.isnan(values)
    counts = known.sum(axis=-2)
    sums = np.where(known, values, 0.0).sum(axis=-2)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
