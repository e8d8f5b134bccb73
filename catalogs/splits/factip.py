"""A FactIP-style split: prompts about reserved entities, stratified by category, two true pictures each.

What is in it is decided here, what its files look like in `catalogs.splits.factip_files`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

from catalogs.categories import FACTIP
from catalogs.digests import digest_of
from catalogs.errors import SplitError
from catalogs.folders import replacing_folder
from catalogs.leaks.records import Leak
from catalogs.leaks.removal import LeakReport
from catalogs.records import Record
from catalogs.splits.choice import Choice, choose, key_of, left_out_rows, owner_of
from catalogs.splits.factip_files import (
    BenchmarkItem,
    ItemRow,
    PublishedItem,
    folder_name,
    write_files,
)
from catalogs.splits.quotas import quotas
from catalogs.splits.reports import FILE, pretty, read_report
from catalogs.stage import Blobs

PUBLISHED_TOTAL = sum(count for _, _, count in FACTIP.values())
"""2,462 prompts (FactIP card)."""
VERSION = "6"
"""Raised when equal inputs give another split."""

__all__ = [
    "BenchmarkItem",
    "CategoryReport",
    "FactipReport",
    "ItemRow",
    "PublishedItem",
    "folder_name",
    "held_factip",
    "pretty",
    "quotas",
    "write_factip",
]


class CategoryReport(Record, frozen=True, kw_only=True):
    """How one category was filled."""

    group: str
    """``Character``, ``Object`` or ``Scene``."""
    published: int
    available: int
    """Prompts of reserved entities with two usable pictures, leaks taken out."""
    asked: int
    """Share of the total by the published proportions (largest remainder)."""
    held: int
    """Never more than there are: a category that cannot be filled is not padded."""
    mini: int
    left_out: dict[str, int] = {}
    """Prompts of the category that are not in the split, by reason; with `held` they are all that there
    were."""


class FactipReport(Record, frozen=True, kw_only=True):
    """What the split is, and what it is not."""

    offered: str
    """Digest of what the split was cut from and compared with."""
    inputs: str
    """Digest of what was taken."""
    asked: int
    held: int
    mini: int
    categories: dict[str, CategoryReport]
    empty: list[str]
    """Published names of the categories that the world cannot fill at all."""
    reserved: int = 0
    """Prompts that the split was cut from: `held` and all that were left out."""
    left_out: dict[str, int] = {}
    """Why prompts are not in the split: ``no-category``, ``leak``; ``no-picture``, ``one-picture``,
    ``pictures-alike`` and ``pictures-leak`` where two pictures that differ and leak nowhere cannot be had;
    ``over-proportion`` where others of the category fill its share. ``left_out.parquet`` names them."""
    training_entities: int
    """Entities in training; none of them is in the split, or the split is not written."""
    leaks: LeakReport | None = None
    """None: only ids were compared. A run looks at names and prompts, `tracemill split` at pictures as well
    (`LeakReport.by_eye`)."""


def held_factip(directory: Path, basis: str) -> FactipReport | None:
    """The report of the split, if it was searched, and cut from this basis; None otherwise."""
    held = read_report(directory, FactipReport)
    if held is None or held.leaks is None:
        return None
    return held if held.offered == _offered(basis, held.asked) else None


def write_factip(
    directory: Path,
    items: Iterable[BenchmarkItem],
    training: Set[str],
    blobs: Blobs,
    total: int = PUBLISHED_TOTAL,
    *,
    basis: str = "",
    leaks: LeakReport | None = None,
    found: Sequence[Leak] = (),
) -> FactipReport:
    """Write the split of at most `total` items; left untouched where nothing changed.

    `training` holds the ids of all entities in training shards. Raises `SplitError` where the two share one,
    whether or not it would have been choice. `leaks` says what has to stay out, `found` is written beside the
    split; `basis` is a digest of all that the split rests on, by which it is known to be current.
    """
    pool = sorted(items, key=lambda item: item.prompt.key)
    _check_disjoint(pool, training)
    choice, mini = choose(pool, blobs, total, leaks)
    report = _reported(pool, choice, mini, total, _offered(basis, total), leaks, len(training))
    if read_report(directory, FactipReport) != report:
        with replacing_folder(directory) as folder:
            write_files(folder, choice.taken, mini, left_out_rows(pool, choice), found, blobs)
            (folder / FILE).write_bytes(pretty(report))
    return report


def _reported(
    pool: Sequence[BenchmarkItem],
    choice: Choice,
    mini: Set[str],
    total: int,
    offered: str,
    leaks: LeakReport | None,
    training: int,
) -> FactipReport:
    left_out = choice.left_out
    reasons: dict[str, Counter[str]] = {slug: Counter() for slug in FACTIP}
    for item in pool:
        if item.entity.domain in FACTIP and key_of(item) in left_out:
            reasons[item.entity.domain][left_out[key_of(item)]] += 1
    categories = {
        slug: CategoryReport(
            group=group,
            published=count,
            available=len(choice.available[slug]),
            asked=choice.asked.get(slug, 0),
            held=len(choice.held[slug]),
            mini=sum(key_of(item) in mini for item in choice.held[slug]),
            left_out=dict(sorted(reasons[slug].items())),
        )
        for slug, (_, group, count) in FACTIP.items()
    }
    return FactipReport(
        offered=offered,
        inputs=digest_of([_described(choice.taken), categories]),
        asked=total,
        held=len(choice.taken),
        mini=len(mini),
        categories=categories,
        empty=[FACTIP[slug][0] for slug, items in choice.available.items() if not items],
        reserved=len(pool),
        left_out=dict(sorted(Counter(left_out.values()).items())),
        training_entities=training,
        leaks=leaks,
    )


def _check_disjoint(pool: Sequence[BenchmarkItem], training: Set[str]) -> None:
    shared = sorted({owner_of(item) for item in pool} & training)
    if shared:
        raise SplitError(
            f"{len(shared)} entities are in training and in the benchmark ({', '.join(shared[:3])}): the "
            "benchmark share was changed between runs; run all domains again with one share"
        )


def _offered(basis: str, total: int) -> str:
    return digest_of([VERSION, basis, total])


def _described(items: Iterable[BenchmarkItem]) -> list[list[object]]:
    return [[item.entity, item.prompt, item.ground_truth] for item in items]
