"""Pairs of pictures that may show the same: hashes of one that lie near hashes of the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from catalogs.leaks.alignment import WHOLE, Box
from catalogs.leaks.frames import unframed
from catalogs.leaks.hamming import near_pairs
from catalogs.leaks.hashes import MIRRORED, ORIENTATIONS, Hashes, PictureHashes, hashes_of_image, on_white
from catalogs.leaks.views import PLAIN, View, seen_of, views_of


@dataclass(frozen=True)
class Hashed:
    """All hashes of one picture."""

    own: PictureHashes
    views: list[tuple[View, Hashes]]


@dataclass(frozen=True)
class Candidate:
    """A crop of one picture, or all of it, that may be what a view of the other shows."""

    distance: int
    """Bits between the two hashes."""
    box: Box
    """Of the crop."""
    way: int
    """In which the view is laid down."""
    view: View
    theirs_cropped: bool
    """Whether the crop is theirs and the view ours."""

    @property
    def kind(self) -> str:
        """``same-picture``, ``mirrored``, ``turned``, a crop of these (``crop``, ``mirrored-crop``,
        ``turned-crop``), ``tilted`` or ``collage``."""
        if self.view != PLAIN:
            return "tilted" if self.view.tilt else "collage"
        way = ("", "mirrored")[self.way] if self.way <= MIRRORED else "turned"
        if self.box == WHOLE:
            return way or "same-picture"
        return f"{way}-crop".removeprefix("-")

    @property
    def rank(self) -> int:
        """Upright pictures are fitted before turned ones, these before tilted ones, and tiles last."""
        if self.view == PLAIN:
            return int(self.way > MIRRORED)
        return 2 if self.view.tilt else 3

    @property
    def order(self) -> tuple[Any, ...]:
        """Whole pictures first, then by distance."""
        return (self.box != WHOLE, self.distance, self.way, self.box, self.view)


def hashed(data: bytes, *, tilted: bool) -> Hashed:
    """Hashes of an encoded picture, those of slight turns only where they are asked for.

    Raises `UnreadablePictureError`.
    """
    page = on_white(data)
    image = unframed(page)
    return Hashed(hashes_of_image(image, crops=True), views_of(seen_of(image, page), tilted=tilted))


def candidates(
    cropped: Mapping[str, Hashed], whole: Mapping[str, Hashed], distance: int, *, theirs_cropped: bool
) -> Iterator[tuple[tuple[str, str], Candidate]]:
    """Crops of one side that lie near pictures and turned pictures of the other, and pictures that lie near
    its tiles, under the names of ours and theirs.

    Whole pictures of both sides are compared once, where ours are cropped. Crops are not compared with tiles:
    a corner of one drawing is like a corner of another.
    """
    crops = _crops(cropped, with_whole=not theirs_cropped)
    yield from _near(cropped, whole, crops, _wholes(whole, tiles=False), distance, theirs_cropped)
    pictures = _crops({name: _uncropped(one) for name, one in cropped.items()}, with_whole=True)
    yield from _near(cropped, whole, pictures, _wholes(whole, tiles=True), distance, theirs_cropped)


def _near(
    cropped: Mapping[str, Hashed],
    whole: Mapping[str, Hashed],
    left: tuple[Any, Any, Any],
    right: tuple[Any, Any, list[View]],
    distance: int,
    theirs_cropped: bool,
) -> Iterator[tuple[tuple[str, str], Candidate]]:
    crops, crop_of, boxes = left
    wholes, whole_of, views = right
    pairs = near_pairs(crops, wholes, distance)
    one, other = list(cropped), list(whole)
    for crop, view, bits in zip(pairs.left, pairs.right, pairs.distance, strict=True):
        number, way = divmod(int(whole_of[view]), ORIENTATIONS)
        names = one[crop_of[crop]], other[number]
        found = Candidate(int(bits), _box(boxes[crop]), way, views[view], theirs_cropped)
        yield (names[::-1] if theirs_cropped else names), found


def _uncropped(one: Hashed) -> Hashed:
    return Hashed(replace(one.own, crops=one.own.crops[:0], boxes=one.own.boxes[:0]), [])


def _crops(side: Mapping[str, Hashed], *, with_whole: bool) -> tuple[Any, Any, Any]:
    """Hashes, the number of the picture of each, and its box."""
    hashes: list[Any] = [np.empty(0, np.uint64)]
    owners: list[Any] = [np.empty(0, np.int64)]
    boxes: list[Any] = [np.empty((0, 4))]
    for number, found in enumerate(side.values()):
        upright = found.own.whole[:1] if with_whole else found.own.whole[:0]
        for part, where in (
            (found.own.crops, found.own.boxes),
            (upright, np.tile(WHOLE, (len(upright), 1))),
        ):
            hashes.append(part)
            owners.append(np.full(len(part), number))
            boxes.append(where)
    return np.concatenate(hashes), np.concatenate(owners), np.concatenate(boxes)


def _wholes(side: Mapping[str, Hashed], *, tiles: bool) -> tuple[Any, Any, list[View]]:
    """Of tiles, or of all else: hashes; for each eight times the number of its picture, plus the way in which
    it is laid; its view."""
    hashes: list[Any] = [np.empty(0, np.uint64)]
    owners: list[Any] = [np.empty(0, np.int64)]
    views: list[View] = []
    for number, found in enumerate(side.values()):
        for view, part in ((PLAIN, found.own.whole), *found.views):
            if (view.tile >= 0) != tiles:
                continue
            hashes.append(part)
            owners.append(ORIENTATIONS * number + np.arange(len(part)))
            views += [view] * len(part)
    return np.concatenate(hashes), np.concatenate(owners), views


def _box(values: Any) -> Box:
    left, top, right, bottom = (float(value) for value in values)
    return (left, top, right, bottom)
