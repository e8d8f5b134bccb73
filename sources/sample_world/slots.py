"""What the sample web holds: for every entity a seeded list of pictures, good ones among faulty ones.

This module knows the truth, so only this folder imports it; the outside asks `labels`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

from catalogs.digests import digest
from sources.sample_world import look_alikes, table
from sources.sample_world.views import VARIATIONS

LOOK_ALIKE, NEAR_DUPLICATE, ICON, ANIMATED, HTML = (
    "look-alike", "near-duplicate", "icon-address", "animated", "html",
)  # fmt: skip
OTHER_FAULTS = (
    "watermark", "blur", "too-small", "odd-aspect", "text-heavy", "collage", NEAR_DUPLICATE, "truncated",
    HTML, ANIMATED, ICON,
)  # fmt: skip
FAULTS = (LOOK_ALIKE, *OTHER_FAULTS)
"""Every kind of fault that the sample web can serve."""

PICTURES = 14
"""Pictures an entity."""
FIRST_PAGE = 8
"""Results that a search asks for by default (the published tool: num 8)."""
_GOOD = (5, 6, 6, 7, 7)
"""Good views an entity, one of these: 3.4 of the first eight on average."""
_LOOK_ALIKES = 2
_SCARCE = 0.06
"""Share of entities whose first page holds fewer than two good views, so that a second query is needed."""
_MISLABELLED = 1 / 3
"""Share of look-alikes whose page bears the name of the entity that was searched for."""

_HOSTS = ("images", "gallery", "press", "archive", "travel", "school", "museum", "daily")
_FOLDERS = ("media", "uploads", "p", "assets/img", "library", "files/2021", "files/2023")
_ICON_FOLDERS = ("icons", "assets/icon", "widget", "static/widgets")


@dataclass(frozen=True)
class Slot:
    """One picture of the sample web."""

    seed: int
    owner: str
    """Hexcode of the entity whose search finds the picture."""
    number: int
    """0..13: the rank among the pictures of `owner`."""
    fault: str | None
    shown: str
    """Hexcode of what the picture shows: a look-alike's, or `owner`."""
    named: str
    """Hexcode of the entity that page title and caption name."""
    variation: int
    """Which view of `views.view`."""
    original: int = -1
    """For a near-duplicate, the number of the picture it repeats."""

    def dice(self, purpose: str) -> random.Random:
        """Random choices for one purpose: equal slots make equal choices in any process."""
        return _dice(self.seed, self.owner, str(self.number), purpose)


@lru_cache(maxsize=4096)
def slots_of(seed: int, owner: str) -> tuple[Slot, ...]:
    """The pictures of one entity in the order in which a search finds them."""
    dice = _dice(seed, owner, "plan")
    scarce = dice.random() < _SCARCE
    good = 5 if scarce else dice.choice(_GOOD)
    others = dice.sample(OTHER_FAULTS, PICTURES - good - _LOOK_ALIKES)
    kinds: list[str | None] = [*[None] * good, *[LOOK_ALIKE] * _LOOK_ALIKES, *others]
    dice.shuffle(kinds)
    if scarce:
        kinds = _faults_first(kinds)
    _duplicate_after_good(kinds)
    variations = iter(dice.sample(range(VARIATIONS), good))
    twins = iter(dice.sample(look_alikes.nearest()[owner][: 2 * _LOOK_ALIKES], _LOOK_ALIKES))
    slots: list[Slot] = []
    for number, fault in enumerate(kinds):
        shown = next(twins) if fault == LOOK_ALIKE else owner
        before = [slot for slot in slots if slot.fault is None]
        original = dice.choice(before) if fault == NEAR_DUPLICATE else None
        variation = next(variations) if fault is None else dice.randrange(VARIATIONS)
        slots.append(
            Slot(
                seed=seed,
                owner=owner,
                number=number,
                fault=fault,
                shown=shown,
                named=owner if dice.random() < _MISLABELLED else shown,
                variation=original.variation if original else variation,
                original=original.number if original else -1,
            )
        )
    return tuple(slots)


def original_of(slot: Slot) -> Slot:
    """The picture that a near-duplicate repeats."""
    return slots_of(slot.seed, slot.owner)[slot.original]


@lru_cache(maxsize=16384)
def address(slot: Slot) -> str:
    """The picture's address: opaque but for addresses of icons, which say that they are."""
    folder = slot.dice("folder").choice(_ICON_FOLDERS if slot.fault == ICON else _FOLDERS)
    ending = "gif" if slot.fault == ANIMATED else "jpg" if slot.fault == HTML else picture_format(slot)
    return f"https://{_host(slot)}.sample.invalid/{folder}/{_hash(slot, 'picture')}.{ending}"


def page_address(slot: Slot) -> str:
    """The address of the page that shows the picture."""
    return f"https://{_host(slot)}.sample.invalid/page/{_hash(slot, 'page')}"


def picture_format(slot: Slot) -> str:
    """``jpg`` or ``png``. A repeated picture and its original choose apart."""
    return "png" if slot.fault == ICON or slot.dice("format").random() < 0.25 else "jpg"


@lru_cache(maxsize=4)
def by_address(seed: int) -> dict[str, Slot]:
    """All pictures of one web by address. Hashes only, about 0.2 s for 500 entities; nothing is rendered."""
    return {address(slot): slot for row in table.rows() for slot in slots_of(seed, row.hexcode)}


def _faults_first(kinds: list[str | None]) -> list[str | None]:
    """One good picture, then faults, until the first page is full; then the rest of the good ones."""
    good = [kind for kind in kinds if kind is None]
    faults = [kind for kind in kinds if kind is not None]
    page = FIRST_PAGE - 1
    return [*good[:1], *faults[:page], *good[1:], *faults[page:]]


def _duplicate_after_good(kinds: list[str | None]) -> None:
    """A repeated picture comes after a good one, in place: the first of two is the original."""
    if NEAR_DUPLICATE in kinds and kinds.index(NEAR_DUPLICATE) < kinds.index(None):
        i, j = kinds.index(NEAR_DUPLICATE), kinds.index(None)
        kinds[i], kinds[j] = kinds[j], kinds[i]


def _host(slot: Slot) -> str:
    return slot.dice("host").choice(_HOSTS)


def _hash(slot: Slot, purpose: str) -> str:
    return digest(f"{slot.seed}/{slot.owner}/{slot.number}/{purpose}")[:20]


def _dice(seed: int, *parts: str) -> random.Random:
    return random.Random(int(digest("/".join((str(seed), *parts))), 16))
