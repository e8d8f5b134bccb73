"""Which pictures may stand for an entity in a benchmark: readable by the scorers, and different."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import numpy as np

from catalogs.leaks.hashes import Hashes, PictureHashes, UnreadablePictureError, hashes_of
from catalogs.records import Picture
from catalogs.stage import Blobs

READABLE = ("image/png", "image/jpeg", "image/webp")
"""Types that both published scorers read."""
LEAST_DISTANCE = 9
"""Bits, of 64, between the hashes of two pictures, however the second is laid down, from which they
differ: above what the leak search takes for one picture (`catalogs.leaks.Thresholds.hash_distance`)."""
Hashed = tuple[Picture, PictureHashes]


def distinct(
    pictures: Sequence[Picture], blobs: Blobs, count: int, without: Collection[str] = ()
) -> list[Picture]:
    """The first `count` pictures that differ from each other, in their order; fewer where there are fewer.

    A mirror image and a turned picture do not differ. A framed copy or a part of a picture that was taken is
    passed over where there are others, and taken where there are none: the sample world has of many things
    one drawing, near and far. Pictures that do not decode, and those named in `without`, are passed over.
    Flat pictures have no hash: they differ by their bytes.
    """
    usable = [picture for picture in pictures if picture.sha256 not in without]
    if len(usable) > count:
        clear = _differing(_readable(usable, blobs, crops=True), count, _is_near)
        if len(clear) == count:
            return clear
    return _differing(_readable(usable, blobs, framed=True), count, _is_same)


def shortage(pictures: Sequence[Picture], blobs: Blobs, count: int) -> str:
    """Why `distinct` found fewer than `count`: ``no-picture`` or ``one-picture`` that decodes at all (two is
    what it takes), ``pictures-alike``, or ``pictures-leak`` where it was told to pass over some."""
    readable = sum(1 for _ in _readable(pictures, blobs))
    if readable < count:
        return "one-picture" if readable else "no-picture"
    return "pictures-leak" if len(distinct(pictures, blobs, count)) == count else "pictures-alike"


def _differing(
    readable: Iterable[Hashed], count: int, alike: Callable[[PictureHashes, PictureHashes], bool]
) -> list[Picture]:
    chosen: list[Hashed] = []
    for picture, hashes in readable:
        if not any(alike(other, hashes) for _, other in chosen):
            chosen.append((picture, hashes))
        if len(chosen) == count:
            break
    return [picture for picture, _ in chosen]


def _is_same(one: PictureHashes, other: PictureHashes) -> bool:
    return _holds(one.whole, other.whole[:1])


def _is_near(one: PictureHashes, other: PictureHashes) -> bool:
    """Whether one is the other or a part of it."""
    return _is_same(one, other) or _holds(one.crops, other.whole) or _holds(other.crops, one.whole)


def _holds(hashes: Hashes, wanted: Hashes) -> bool:
    return bool(np.bitwise_count(hashes[:, None] ^ wanted).min(initial=64) < LEAST_DISTANCE)


def _readable(
    pictures: Sequence[Picture], blobs: Blobs, *, crops: bool = False, framed: bool = False
) -> Iterator[Hashed]:
    """Each content once, with its hashes."""
    seen: set[str] = set()
    for picture in pictures:
        if picture.media_type not in READABLE or picture.sha256 in seen:
            continue
        seen.add(picture.sha256)
        try:
            yield picture, hashes_of(blobs.get(picture.sha256), crops=crops, framed=framed)
        except UnreadablePictureError:
            continue
