"""Which pictures may stand for an entity in a benchmark: readable by the scorers, and different."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from catalogs.leaks.hashes import UnreadablePictureError, hashes_of
from catalogs.records import Picture
from catalogs.stage import Blobs

READABLE = ("image/png", "image/jpeg", "image/webp")
"""Types that both published scorers read."""
LEAST_DISTANCE = 9
"""Bits, of 64, between the hashes of two pictures, or of one and the other's mirror image, from which they
differ: above what the leak search takes for one picture (`catalogs.leaks.Thresholds.hash_distance`)."""


def distinct(
    pictures: Sequence[Picture], blobs: Blobs, count: int, without: Collection[str] = ()
) -> list[Picture]:
    """The first `count` pictures that differ from each other, in their order; fewer where there are fewer.

    Pictures that do not decode, and those named in `without`, are passed over. Flat pictures have no hash:
    they differ by their bytes.
    """
    chosen: dict[str, Picture] = {}
    hashes: list[np.ndarray] = []
    for picture in pictures:
        if picture.media_type not in READABLE or picture.sha256 in without or picture.sha256 in chosen:
            continue
        try:
            whole = hashes_of(blobs.get(picture.sha256), crops=False).whole
        except UnreadablePictureError:
            continue
        if any(np.bitwise_count(whole[:1] ^ other).min(initial=64) < LEAST_DISTANCE for other in hashes):
            continue
        chosen[picture.sha256] = picture
        hashes.append(whole)
        if len(chosen) == count:
            break
    return list(chosen.values())
