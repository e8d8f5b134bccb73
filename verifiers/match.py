"""Stage ``match``: each test drawing against the ground truth, look-alikes, and the scene of the prompt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from catalogs.digests import rounded, rounded_values
from catalogs.records import Match, Picture, Proof, Scene, Verdict
from catalogs.stage import Blobs, Kept, Outcome, Resources, Row, Stage
from verifiers.negatives import Gallery, GalleryIndex, subject_views
from verifiers.regions import Regions, find_regions, subject_crop
from verifiers.scene import scene_checks
from workers.image_text.handle import ImageTextWorker


@dataclass(frozen=True)
class MatchTruth(Stage):
    """Scores alone; what they mean is `verifiers.verdict`.

    Subjects are cut out of drawings and ground truth, set on white, and compared by features of the image
    tower. Similarity is the best over the ground-truth pictures and their mirror images. The margin is
    taken over the whole gallery: over the `look_alikes` nearest entities of the ground truth, which the
    proof lists, and over every other one, because a wrong reference need not be a look-alike. Fails with
    ValueError for a picture that cannot be decoded.
    """

    name, version = "match", "2"
    reads: ClassVar[tuple[str, ...]] = ("recaption", "drawings", "ground_truth", "entity", "prompt")
    optional: ClassVar[tuple[str, ...]] = ("verdict",)
    writes: ClassVar = ("proof",)
    resources: ClassVar = Resources(cpus=1.0, memory_gib=1.0)

    image_text: ImageTextWorker
    gallery: GalleryIndex
    look_alikes: int = 8
    truth_pictures: int = 1
    """How many ground-truth pictures count, best first. Each beyond the first, which the gallery holds, takes
    two passes of the model a record; worth it where the pictures of an entity differ."""

    def needed(self, row: Row) -> bool:
        verdict: Verdict | None = row.get("verdict")
        return self.round == 1 or (verdict is not None and not verdict.passed)

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        gallery = self.gallery.load()
        drawn = [[find_regions(blobs.get(one.picture.sha256)) for one in row["drawings"]] for row in rows]
        crops = [
            subject_crop(regions, row["prompt"].scene.count)
            for row, several in zip(rows, drawn, strict=True)
            for regions in several
        ]
        features = iter(self.image_text.load().image_features(crops) if crops else ())
        pictures = [picture for row in rows for picture in row["ground_truth"][: self.truth_pictures]]
        truth = self._truth(pictures, gallery, blobs)
        # Once an entity, which has a prompt in each language.
        firsts = {sha256: find_regions(blobs.get(sha256)) for sha256 in sorted({_first(row) for row in rows})}
        seen = [[(one, next(features)) for one in several] for several in drawn]
        return [
            Kept({"proof": self._proof(row, several, truth, gallery, firsts)})
            for row, several in zip(rows, seen, strict=True)
        ]

    def _truth(self, pictures: Iterable[Picture], gallery: Gallery, blobs: Blobs) -> dict[str, Any]:
        """SHA-256 -> features [VIEWS, f] of ground-truth pictures; what the gallery holds is not computed
        again."""
        wanted = sorted({picture.sha256 for picture in pictures})
        held = dict(zip(gallery.pictures, gallery.features, strict=True))
        missing = [sha256 for sha256 in wanted if sha256 not in held]
        crops = [subject_crop(find_regions(blobs.get(sha256))) for sha256 in missing]
        computed = dict(zip(missing, subject_views(crops, self.image_text), strict=True)) if missing else {}
        return {sha256: held[sha256] if sha256 in held else computed[sha256] for sha256 in wanted}

    def _proof(
        self,
        row: Row,
        drawn: Sequence[tuple[Regions, Any]],
        truth: Mapping[str, Any],
        gallery: Gallery,
        firsts: Mapping[str, Regions],
    ) -> Proof:
        pictures: list[Picture] = row["ground_truth"][: self.truth_pictures]
        scene: Scene = row["prompt"].scene
        first = firsts[_first(row)]
        cosines = _Cosines(
            views=np.concatenate([truth[picture.sha256] for picture in pictures]),
            drawings=np.stack([vector for _, vector in drawn]) if drawn else None,
            gallery=gallery,
        )
        own = row["entity"].entity_id, _first(row)
        hard = gallery.nearest(cosines.of_truth, self.look_alikes, *own)
        matches, seen = [], dict.fromkeys(hard)
        for number, (drawing, (regions, _)) in enumerate(zip(row["drawings"], drawn, strict=True)):
            # The drawing's own nearest entity, wherever it stands: it is not always among `hard`.
            likest = gallery.nearest(cosines.of_drawings[number], 1, *own)
            seen |= dict.fromkeys(likest)
            similarity = cosines.to_truth[number]
            rival = cosines.of_drawings[number][likest[0]] if likest else 0.0
            matches.append(
                Match(
                    seed=drawing.seed,
                    similarity=rounded(similarity),
                    nearest=gallery.titles[likest[0]] if likest else "",
                    nearest_similarity=rounded(rival),
                    margin=rounded(similarity - rival),
                    checks=rounded_values(scene_checks(regions, first, scene)),
                )
            )
        model = f"{self.image_text.name}@{self.image_text.revision}"
        return Proof(matches=matches, negatives=[gallery.titles[i] for i in seen], model=model)


def _first(row: Row) -> str:
    """SHA-256 of the picture that stands for the entity."""
    picture: Picture = row["ground_truth"][0]
    return picture.sha256


class _Cosines:
    """All cosines of one record, from one product: the gallery to its ground truth and to its drawings."""

    def __init__(self, views: Any, drawings: Any, gallery: Gallery) -> None:
        vectors = views if drawings is None else np.concatenate([views, drawings])
        to_gallery = gallery.similarities(vectors)
        self.of_truth = to_gallery[: len(views)].max(axis=0)
        self.of_drawings = to_gallery[len(views) :]
        self.to_truth = [] if drawings is None else (drawings @ views.T).max(axis=1)
