"""Near-duplicates among the candidates of one prompt, by perceptual hash and by image features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from catalogs.digests import rounded, rounded_values
from catalogs.records import PictureScores
from catalogs.stage import Blobs, Kept, Outcome, Row
from filters.base import CandidateFilter, ScoredPicture, pictures_of, unreadable
from filters.features import PictureFeatures, features_of, hash_distance
from filters.hygiene import is_clean
from filters.pictures import UnreadableError
from workers.image_text.handle import ImageTextWorker

HASH_BITS = 64
"""Size of the pHash; also the distance of a picture that has nothing before it."""

PAIR_DISTANCE, PAIR_SIMILARITY = 20, 0.8
"""Pairs nearer than either are stored. Far looser than any threshold (unrelated drawings differ in about 26
to 32 bits), so that a new threshold needs no new measurement."""


@dataclass(frozen=True)
class Duplicates(CandidateFilter):
    """Writes `duplicates`, for clean files only; each candidate is compared with all clean ones found before
    it:

    - `min_hash_distance`: bits 0..64 to the nearest one, mirror images being the same (64: none before it)
    - `max_similarity`: cosine of image features to the most similar one (0: none before it)
    - `hash:<position>`, `similarity:<position>`: of each near pair; position in the trace, from 0

    Notes: `of`, the content hash of the most similar one; `phash`, the picture's own hash in 16 hex digits,
    by which pictures of different prompts are compared in SQL.
    """

    name, version = "duplicates", "2"
    reads: ClassVar[tuple[str, ...]] = ("image_trace", "hygiene")
    optional = ("references",)
    writes = ("duplicates",)

    model: ImageTextWorker = field(default_factory=ImageTextWorker)

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        pictures = pictures_of(row, blobs)
        clean = [picture for picture in pictures if is_clean(picture.of("hygiene"))]
        features = dict(zip((p.position for p in clean), features_of(self.model, clean), strict=True))
        earlier: list[tuple[ScoredPicture, PictureFeatures]] = []
        scores = []
        for picture in pictures:
            found = features.get(picture.position)
            if isinstance(found, UnreadableError):
                scores.append(unreadable(picture, found))
            elif found is None:
                scores.append(PictureScores(sha256=picture.sha256, values={}))
            else:
                scores.append(compare(picture, found, earlier))
                earlier.append((picture, found))
        return Kept({"duplicates": scores})


def compare(
    picture: ScoredPicture,
    features: PictureFeatures,
    earlier: Sequence[tuple[ScoredPicture, PictureFeatures]],
) -> PictureScores:
    """Scores of one candidate against those found before it."""
    values = {"min_hash_distance": float(HASH_BITS), "max_similarity": 0.0}
    notes = {"phash": f"{features.hashes[0]:016x}"}
    for other, theirs in earlier:
        distance = hash_distance(features, theirs)
        similarity = rounded(float(features.features @ theirs.features))
        values["min_hash_distance"] = min(values["min_hash_distance"], distance)
        if similarity > values["max_similarity"]:
            values["max_similarity"], notes["of"] = similarity, other.sha256
        if distance <= PAIR_DISTANCE or similarity >= PAIR_SIMILARITY:
            values[f"hash:{other.position}"] = distance
            values[f"similarity:{other.position}"] = similarity
    return PictureScores(sha256=picture.sha256, values=rounded_values(values), notes=notes)
