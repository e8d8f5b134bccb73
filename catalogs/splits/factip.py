"""A FactIP-style split: prompts about reserved entities, stratified by category, two true pictures each.

What is in it is decided here, what its files look like in `catalogs.splits.factip_files`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec.structs import replace

from catalogs.categories import FACTIP
from catalogs.digests import digest_of
from catalogs.errors import ShardError, SplitError
from catalogs.folders import replacing_folder
from catalogs.leaks.records import Leak
from catalogs.leaks.removal import LeakReport
from catalogs.records import Picture, Record
from catalogs.splits.factip_files import BenchmarkItem, ItemRow, PublishedItem, folder_name, write_files
from catalogs.splits.quotas import quotas, spread, strict_quotas
from catalogs.splits.reports import FILE, pretty, read_report
from catalogs.splits.truth import distinct
from catalogs.stage import Blobs

PICTURES = 2
"""Ground-truth pictures an item: the published scorer drops an item with fewer (eval/score_factip.py)."""
PUBLISHED_TOTAL = sum(count for _, _, count in FACTIP.values())
"""2,462 prompts (FactIP card)."""
MINI_TOTAL = 500
"""Prompts of the published mini split, in strict proportions (FactIP card)."""
VERSION = "2"
"""Raised when equal inputs give another split."""

__all__ = [
    "BenchmarkItem",
    "CategoryReport",
    "FactipReport",
    "ItemRow",
    "PublishedItem",
    "folder_name",
    "pretty",
    "quotas",
    "training_entities",
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


class FactipReport(Record, frozen=True, kw_only=True):
    """What the split is, and what it is not."""

    offered: str
    """Digest of what the split was cut from: prompts, entities and their lead pictures, training entities."""
    inputs: str
    """Digest of what was taken."""
    asked: int
    held: int
    mini: int
    categories: dict[str, CategoryReport]
    empty: list[str]
    """Published names of the categories that the world cannot fill at all."""
    without_pictures: int
    """Prompts left out because fewer than two pictures of their entity are usable, differ and leak
    nowhere."""
    training_entities: int
    """Entities in training; none of them is in the split, or the split is not written."""
    leaks: LeakReport | None = None
    """None: only ids were compared. `tracemill split` looks at names, prompts and pictures as well."""


def write_factip(
    directory: Path,
    items: Iterable[BenchmarkItem],
    training: Set[str],
    blobs: Blobs,
    total: int = PUBLISHED_TOTAL,
    *,
    leaks: LeakReport | None = None,
    found: Sequence[Leak] = (),
) -> FactipReport:
    """Write the split of at most `total` items; left untouched where nothing changed.

    `training` holds the ids of all entities in training shards. Raises `SplitError` where the two share one,
    whether or not it would have been chosen. `leaks` says what has to stay out, `found` is written beside the
    split. Without them, a split of the same inputs that was searched for leaks is kept as it is.
    """
    pool = sorted(items, key=lambda item: item.prompt.key)
    _check_disjoint(pool, training)
    leads = [[item.entity, item.prompt, item.ground_truth[:1]] for item in pool]
    offered = digest_of([VERSION, leads, sorted(training), total])
    held = read_report(directory, FactipReport)
    if leaks is None and held is not None and held.offered == offered:
        return held
    chosen, mini = _chosen(pool, blobs, total, leaks)
    report = _reported(pool, chosen, mini, total, offered, leaks, len(training))
    if held != report:
        with replacing_folder(directory) as folder:
            write_files(folder, chosen.taken, mini, found, blobs)
            (folder / FILE).write_bytes(pretty(report))
    return report


@dataclass(frozen=True)
class _Chosen:
    """Items with the two pictures that they get, by category."""

    available: dict[str, list[BenchmarkItem]]
    asked: dict[str, int]

    @property
    def held(self) -> dict[str, list[BenchmarkItem]]:
        return {slug: items[: self.asked.get(slug, 0)] for slug, items in self.available.items()}

    @property
    def taken(self) -> list[BenchmarkItem]:
        return sorted((item for items in self.held.values() for item in items), key=_key)


def _chosen(
    pool: Sequence[BenchmarkItem], blobs: Blobs, total: int, leaks: LeakReport | None
) -> tuple[_Chosen, set[str]]:
    """What is taken, and the keys among it that make up the mini split."""
    out = {removal.what for removal in leaks.removed_items} if leaks else set()
    spoilt = {removal.what for removal in leaks.removed_pictures} if leaks else set()
    available: dict[str, list[BenchmarkItem]] = {slug: [] for slug in FACTIP}
    pictures: dict[str, list[Picture]] = {}
    for item in pool:
        entity = item.entity
        if entity.domain in FACTIP and item.prompt.key not in out:
            if entity.entity_id not in pictures:
                pictures[entity.entity_id] = distinct(item.ground_truth, blobs, PICTURES, spoilt)
            if len(pictures[entity.entity_id]) == PICTURES:
                available[entity.domain].append(replace(item, ground_truth=pictures[entity.entity_id]))
    available = {slug: spread(items, _key, _owner) for slug, items in available.items()}
    weights = {slug: FACTIP[slug][2] for slug, items in available.items() if items}
    asked = quotas(weights, min(total, sum(map(len, available.values()))))
    chosen = _Chosen(available, asked)
    held = {slug: len(items) for slug, items in chosen.held.items()}
    mini = strict_quotas(weights, held, MINI_TOTAL)
    return chosen, {_key(i) for slug, items in chosen.held.items() for i in items[: mini.get(slug, 0)]}


def _reported(
    pool: Sequence[BenchmarkItem],
    chosen: _Chosen,
    mini: Set[str],
    total: int,
    offered: str,
    leaks: LeakReport | None,
    training: int,
) -> FactipReport:
    categories = {
        slug: CategoryReport(
            group=group,
            published=count,
            available=len(chosen.available[slug]),
            asked=chosen.asked.get(slug, 0),
            held=len(chosen.held[slug]),
            mini=sum(_key(item) in mini for item in chosen.held[slug]),
        )
        for slug, (_, group, count) in FACTIP.items()
    }
    leaking = {removal.what for removal in leaks.removed_items} if leaks else set()
    sound = sum(item.entity.domain in FACTIP and _key(item) not in leaking for item in pool)
    return FactipReport(
        offered=offered,
        inputs=digest_of([_described(chosen.taken), categories]),
        asked=total,
        held=len(chosen.taken),
        mini=len(mini),
        categories=categories,
        empty=[FACTIP[slug][0] for slug, items in chosen.available.items() if not items],
        without_pictures=sound - sum(map(len, chosen.available.values())),
        training_entities=training,
        leaks=leaks,
    )


def training_entities(sidecars: Iterable[Path]) -> set[str]:
    """Ids of all entities in the shards that these sidecars belong to."""
    found: set[str] = set()
    for path in sidecars:
        try:
            found.update(pq.read_table(path, columns=["entity_id"])["entity_id"].to_pylist())
        except (pa.ArrowException, OSError) as error:
            raise ShardError(f"{path} cannot be read ({error}): delete it and run again") from error
    return found


def _check_disjoint(pool: Sequence[BenchmarkItem], training: Set[str]) -> None:
    shared = sorted({_owner(item) for item in pool} & training)
    if shared:
        raise SplitError(
            f"{len(shared)} entities are in training and in the benchmark ({', '.join(shared[:3])}): the "
            "benchmark share was changed between runs; run all domains again with one share"
        )


def _described(items: Iterable[BenchmarkItem]) -> list[list[object]]:
    return [[item.entity, item.prompt, item.ground_truth] for item in items]


def _key(item: BenchmarkItem) -> str:
    return item.prompt.key


def _owner(item: BenchmarkItem) -> str:
    return item.entity.entity_id
