"""Which pictures may stand for an entity in a benchmark: readable by the scorers, and different."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

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
    chosen: list[Picture] = []
    hashes: list[np.ndarray] = []
    for picture, whole in _readable(pictures, blobs):
        if picture.sha256 in without:
            continue
        if any(np.bitwise_count(whole[:1] ^ other).min(initial=64) < LEAST_DISTANCE for other in hashes):
            continue
        chosen.append(picture)
        hashes.append(whole)
        if len(chosen) == count:
            break
    return chosen


def shortage(pictures: Sequence[Picture], blobs: Blobs, count: int) -> str:
    """Why `distinct` found fewer than `count`: ``no-picture`` or ``one-picture`` that decodes at all (two is
    what it takes), ``pictures-alike``, or ``pictures-leak`` where it was told to pass over some."""
    readable = sum(1 for _ in _readable(pictures, blobs))
    if readable < count:
        return "one-picture" if readable else "no-picture"
    return "pictures-leak" if len(distinct(pictures, blobs, count)) == count else "pictures-alike"


def _readable(pictures: Sequence[Picture], blobs: Blobs) -> Iterator[tuple[Picture, np.ndarray]]:
    """Each content once, with its hash and that of its mirror image: uint64 [2], [0] of a flat picture."""
    seen: set[str] = set()
    for picture in pictures:
        if picture.media_type not in READABLE or picture.sha256 in seen:
            continue
        seen.add(picture.sha256)
        try:
            yield picture, hashes_of(blobs.get(picture.sha256), crops=False).whole
        except UnreadablePictureError:
            continue
