"""The report of an export: what went out, what did not and why, and what the samples cost in tokens."""

from __future__ import annotations

from catalogs.exports.budget import DEFAULT_LIMIT
from catalogs.exports.interface import Settings
from catalogs.exports.parts import BUCKET, Parts, totals
from catalogs.records import Record

REPORT = "report.json"
NAMED = 20
"""Keys that are named a reason; the journal of parts holds them all."""
LIMITS = (10_240, DEFAULT_LIMIT, 40_240)
"""Limits of the published trainer: TRAIN.md, the loader's default, train.sh."""


class LeftOut(Record, frozen=True, kw_only=True):
    """Samples that were left out for one reason."""

    samples: int
    keys: list[str]
    """The first of them."""


class Report(Record, frozen=True, kw_only=True):
    """See the module."""

    format: str
    settings: Settings
    samples: int
    left_out: dict[str, LeftOut]
    counts: dict[str, int]
    licences: dict[str, int]
    tokens: dict[str, int]
    """Samples by total tokens, in steps of 1,024; empty for formats without a budget."""
    at_or_over: dict[str, int]
    """Samples that a trainer with this limit may skip: those in a step that reaches it."""


def report_of(name: str, settings: Settings, parts: Parts) -> Report:
    """The report over all parts."""
    left: dict[str, LeftOut] = {}
    for part in parts:
        for reason, keys in part.left_out.items():
            before = left.get(reason, LeftOut(samples=0, keys=[]))
            left[reason] = LeftOut(
                samples=before.samples + len(keys), keys=[*before.keys, *keys[: NAMED - len(before.keys)]]
            )
    tokens = dict(sorted(totals(parts, "tokens").items(), key=lambda bar: int(bar[0])))
    over = {
        str(limit): sum(count for bar, count in tokens.items() if int(bar) + BUCKET > limit)
        for limit in LIMITS
        if tokens
    }
    return Report(
        format=name,
        settings=settings,
        samples=sum(part.samples for part in parts),
        left_out=dict(sorted(left.items())),
        counts=totals(parts, "counts"),
        licences=totals(parts, "licences"),
        tokens=tokens,
        at_or_over=over,
    )
