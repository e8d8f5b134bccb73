"""The embedded captioner of Unified-Bench: says by measurement what the compositor can draw.

It names how many subjects there are and their colours. It stands in for the captioning model of the protocol
where there is none; what a subject is, only the drawer's reference tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import msgspec

from catalogs.records import ScoreItem
from catalogs.stage import Blobs, Kept, Outcome, Resources, Row, Stage
from verifiers.regions import find_regions, groups
from workers import palette
from workers.scenes import NUMBERS

NAMED = 0.10
"""Share of the subject that a colour covers to be named. Of shares from 0.02 to 0.25 this one tells
best whether a drawing and a true picture show one subject: AUC 0.951 of the colours that both name, 2.6
colours a drawing (120 entities of the default world, ``make bench CASE=judge``)."""
MOST_COLOURS = 4


@dataclass(frozen=True)
class DescribeSource(Stage):
    """Writes the caption of an item that has neither caption nor reconstruction."""

    name, version = "score-describe", "2"
    reads: ClassVar = ("score_item",)
    writes: ClassVar = ("score_item",)
    resources: ClassVar = Resources(cpus=1.0, memory_gib=0.5)

    def needed(self, row: Row) -> bool:
        item: ScoreItem = row["score_item"]
        return not item.text and "generated" not in item.pictures

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        item: ScoreItem = row["score_item"]
        regions = find_regions(blobs.get(item.pictures["truth_1"]))
        shares = palette.shares(regions.pixels[regions.mask])
        ranked = sorted(zip(shares, palette.KEYS, strict=True), key=lambda pair: (-pair[0], pair[1]))
        colours = [key.replace("-", " ") for share, key in ranked[:MOST_COLOURS] if share >= NAMED]
        count = 1 if regions.whole else min(len(groups(regions.mask)), max(NUMBERS))
        number = NUMBERS[count]["en"] if count in NUMBERS else "one"
        text = (
            f"The picture shows {number} of the subject of image_1, in {', '.join(colours) or 'its colours'}."
        )
        return Kept({"score_item": msgspec.structs.replace(item, text=text)})
