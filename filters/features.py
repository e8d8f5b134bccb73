"""Image features of candidates, computed once per picture and process for all filters that need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from filters.base import ScoredPicture
from filters.memo import Memo
from filters.pictures import UnreadableError, decode
from workers.image_text.handle import ImageTextWorker
from workers.meter import count_call


@dataclass(frozen=True)
class PictureFeatures:
    """What the model and the perceptual hash say of one picture."""

    embedding: Any
    """float32 [dim], normalised, comparable with texts."""
    features: Any
    """float32 [feature_dim], normalised, comparable with pictures."""
    hashes: tuple[int, int]
    """64-bit pHash of the picture and of its mirror image."""


REMEMBERED = 4096
"""Pictures kept in a process: at 2 to 8 KB each less than 40 MB, more than the candidates of a bucket."""

_memo: Memo[PictureFeatures | UnreadableError] = Memo(REMEMBERED)


def features_of(
    worker: ImageTextWorker, pictures: Sequence[ScoredPicture]
) -> list[PictureFeatures | UnreadableError]:
    """Features of each picture, in order; the error itself for one that does not decode."""

    def compute(missing: list[int]) -> list[PictureFeatures | UnreadableError]:
        decoded = [_decoded(pictures[index]) for index in missing]
        images = [image for image in decoded if not isinstance(image, UnreadableError)]
        count_call(len(images))
        encoded = worker.load().encode_images(images) if images else None
        rows = iter(range(len(images)))
        results: list[PictureFeatures | UnreadableError] = []
        for image in decoded:
            if isinstance(image, UnreadableError) or encoded is None:
                results.append(image)
                continue
            row = next(rows)
            results.append(PictureFeatures(encoded.embeddings[row], encoded.features[row], _hashes(image)))
        return results

    keys = [(worker.name, worker.revision, picture.sha256) for picture in pictures]
    return _memo.get_all(keys, compute)


def hash_distance(one: PictureFeatures, other: PictureFeatures) -> int:
    """Bits 0..64 in which the pHashes differ, a picture and its mirror image being the same."""
    return min((one.hashes[0] ^ candidate).bit_count() for candidate in other.hashes)


def _decoded(picture: ScoredPicture) -> Any:
    try:
        return decode(picture.data)
    except UnreadableError as error:
        return error.with_traceback(None)


def _hashes(image: Any) -> tuple[int, int]:
    import imagehash
    from PIL import ImageOps

    return tuple(int(str(imagehash.phash(view)), 16) for view in (image, ImageOps.mirror(image)))  # type: ignore[return-value]
