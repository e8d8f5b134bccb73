"""Stage ``see-truth``: what the image tower sees in the ground truth of an entity.

The gallery of look-alikes is built from these (`verifiers.negatives`): a record at a time, so that all actors
of a cluster look at a large world, on their GPUs, and what was seen before a kill is not looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from catalogs.records import Picture, TruthViews
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Resources, Row, Stage
from verifiers.negatives import subject_views
from verifiers.regions import find_regions, subject_crop
from workers.image_text.handle import ImageTextWorker


@dataclass(frozen=True)
class SeeTruth(Stage):
    """The subject of the first ground-truth picture on white, plain and mirrored, as features.

    A picture that cannot be decoded is rejected: its entity is no look-alike of any other.
    """

    name, version = "see-truth", "1"
    reads: ClassVar[tuple[str, ...]] = ("ground_truth",)
    writes: ClassVar = ("truth_views",)
    resources: ClassVar = Resources(cpus=1.0, memory_gib=1.0)

    image_text: ImageTextWorker

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        firsts: list[Picture] = [row["ground_truth"][0] for row in rows]
        crops: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for picture in firsts:
            try:
                crops[picture.sha256] = subject_crop(find_regions(blobs.get(picture.sha256)))
            except ValueError as error:
                problems[picture.sha256] = str(error)
        views = subject_views(list(crops.values()), self.image_text) if crops else ()
        features = {sha256: pair.astype("<f4").tobytes() for sha256, pair in zip(crops, views, strict=True)}
        return [
            Kept({"truth_views": TruthViews(picture=picture, features=features[picture.sha256])})
            if picture.sha256 in features
            else Rejected("undecodable", problems[picture.sha256])
            for picture in firsts
        ]
