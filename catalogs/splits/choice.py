"""Which reserved prompts make up a FactIP-style split, and why the others do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from catalogs.categories import FACTIP
from catalogs.leaks.removal import LeakReport
from catalogs.records import Picture
from catalogs.splits.factip_files import BenchmarkItem, LeftOutRow
from catalogs.splits.quotas import quotas, spread, strict_quotas
from catalogs.splits.truth import distinct, shortage
from catalogs.stage import Blobs

PICTURES = 2
"""Ground-truth pictures an item: the published scorer drops an item with fewer (eval/score_factip.py)."""
MINI_TOTAL = 500
"""Prompts of the published mini split, in strict proportions (FactIP card)."""


@dataclass(frozen=True)
class Choice:
    """Items with the two pictures that they get, by category."""

    available: dict[str, list[BenchmarkItem]]
    asked: dict[str, int]
    unfit: dict[str, str]
    """Key of a prompt that could not be taken -> why."""

    @property
    def held(self) -> dict[str, list[BenchmarkItem]]:
        return {slug: items[: self.asked.get(slug, 0)] for slug, items in self.available.items()}

    @property
    def taken(self) -> list[BenchmarkItem]:
        return sorted((item for items in self.held.values() for item in items), key=key_of)

    @property
    def left_out(self) -> dict[str, str]:
        """Key -> why, of all that were not taken."""
        surplus = [
            item for slug, items in self.available.items() for item in items[self.asked.get(slug, 0) :]
        ]
        return self.unfit | {key_of(item): "over-proportion" for item in surplus}


def choose(
    pool: Sequence[BenchmarkItem], blobs: Blobs, total: int, leaks: LeakReport | None
) -> tuple[Choice, set[str]]:
    """At most `total` items of the pool, and the keys among them that make up the mini split."""
    out = {removal.what for removal in leaks.removed_items} if leaks else set()
    spoilt = {removal.what for removal in leaks.removed_pictures} if leaks else set()
    available: dict[str, list[BenchmarkItem]] = {slug: [] for slug in FACTIP}
    unfit: dict[str, str] = {}
    pictures: dict[str, tuple[list[Picture], str]] = {}
    for item in pool:
        entity = item.entity
        if entity.domain not in FACTIP or key_of(item) in out:
            unfit[key_of(item)] = "leak" if entity.domain in FACTIP else "no-category"
            continue
        if entity.entity_id not in pictures:
            two = distinct(item.ground_truth, blobs, PICTURES, spoilt)
            why = "" if len(two) == PICTURES else shortage(item.ground_truth, blobs, PICTURES)
            pictures[entity.entity_id] = two, why
        two, why = pictures[entity.entity_id]
        if why:
            unfit[key_of(item)] = why
        else:
            available[entity.domain].append(replace(item, ground_truth=two))
    available = {slug: spread(items, key_of, owner_of) for slug, items in available.items()}
    weights = {slug: FACTIP[slug][2] for slug, items in available.items() if items}
    asked = quotas(weights, min(total, sum(map(len, available.values()))))
    chosen = Choice(available, asked, unfit)
    held = {slug: len(items) for slug, items in chosen.held.items()}
    mini = strict_quotas(weights, held, MINI_TOTAL)
    return chosen, {key_of(i) for slug, items in chosen.held.items() for i in items[: mini.get(slug, 0)]}


def left_out_rows(pool: Sequence[BenchmarkItem], choice: Choice) -> list[LeftOutRow]:
    """The rows of ``left_out.parquet``, in the order of the pool."""
    left_out = choice.left_out
    return [
        LeftOutRow(
            index=key_of(item),
            ip_name=item.prompt.subject,
            domain=item.entity.domain,
            entity_id=item.entity.entity_id,
            pictures=len({picture.sha256 for picture in item.ground_truth}),
            reason=left_out[key_of(item)],
        )
        for item in pool
        if key_of(item) in left_out
    ]


def key_of(item: BenchmarkItem) -> str:
    return item.prompt.key


def owner_of(item: BenchmarkItem) -> str:
    return item.entity.entity_id
