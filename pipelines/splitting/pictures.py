"""Second pictures for benchmark items whose harvest brought one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from catalogs.digests import encode, rounded
from catalogs.records import Picture
from catalogs.splits.choice import PICTURES
from catalogs.splits.factip_files import BenchmarkItem
from catalogs.splits.truth import READABLE
from catalogs.stage import Blobs
from catalogs.tombstones import Tombstones
from sources.harvest import Harvest
from sources.interface import GroundTruth
from sources.zim.further import further_pictures
from workers.pictures import picture_of

ZIM = "zim:"
LEAST_SIDE = Harvest.least_side
"""Pixels of the shorter side: what the harvest asks of a first picture."""


def with_further_pictures(
    items: Sequence[BenchmarkItem], source: str, blobs: Blobs, forgotten: Tombstones
) -> list[BenchmarkItem]:
    """The items, those with fewer than two pictures followed by what else the source shows of their entity,
    without what was forgotten.

    Only archives have more than the harvest takes. Raises `SourceError` where the archive is not at its
    place.
    """
    if not source.startswith(ZIM):
        return list(items)
    wanting = {item.entity.title for item in items if len(item.ground_truth) < PICTURES}
    found = {
        title: [picture for truth in pictures if (picture := _kept(truth, blobs, forgotten)) is not None]
        for title, pictures in further_pictures(source.removeprefix(ZIM), wanting)
    }
    return [
        replace(item, ground_truth=[*item.ground_truth, *found.get(item.entity.title, [])]) for item in items
    ]


def likest_first(items: Sequence[BenchmarkItem], vectors: Mapping[str, Any]) -> list[BenchmarkItem]:
    """The items, each with its lead picture first and the others by their likeness to it: another photograph
    of a singer stands before his statue.

    `vectors`: picture -> float32 [v, f] of length 1, the picture itself in the first row. Cosines are
    rounded; equal ones keep their order, and pictures without features come last.
    """

    def likeness(lead: Picture, other: Picture) -> float:
        if lead.sha256 not in vectors or other.sha256 not in vectors:
            return -1.0
        return rounded(float(vectors[lead.sha256][0] @ vectors[other.sha256][0]))

    def ordered(pictures: Sequence[Picture]) -> list[Picture]:
        return [*pictures[:1], *sorted(pictures[1:], key=lambda one: -likeness(pictures[0], one))]

    return [replace(item, ground_truth=ordered(item.ground_truth)) for item in items]


def _kept(truth: GroundTruth, blobs: Blobs, forgotten: Tombstones) -> Picture | None:
    """The picture, stored; None for one that is unreadable, too small or forgotten."""
    picture = picture_of(truth.data, truth.origin, truth.caption)
    if picture.media_type not in READABLE or min(picture.width, picture.height) < LEAST_SIDE:
        return None
    if forgotten.found_in(encode(picture)):
        return None
    blobs.put(truth.data)
    return picture
