"""Pictures that show the same: in bytes, to the eye, mirrored, turned, cropped either way, or to a model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from catalogs.digests import rounded, sha256
from catalogs.leaks.alignment import WHOLE, Box, alignment
from catalogs.leaks.hamming import near_pairs
from catalogs.leaks.hashes import (
    MIRRORED,
    ORIENTATIONS,
    PictureHashes,
    UnreadablePictureError,
    decoded,
    hashes_of,
)

Load = Callable[[str], bytes]
"""Encoded bytes of a picture by its name."""

BLOCK = 256
"""Pictures whose crops are held at a time: 2,025 hashes of 8 bytes each, 4 MiB."""
FITTED = 3
"""Crops of a pair that are fitted, nearest hashes first: neighbouring crops are fitted to one place. As many
again are fitted turned."""


@dataclass(frozen=True)
class NearPicture:
    """Two pictures that show the same."""

    ours: str
    theirs: str
    kind: str
    """``same-bytes``, ``same-picture``, ``mirrored``, ``turned``, ``crop``, ``mirrored-crop``,
    ``turned-crop`` or ``features``."""
    measure: float
    """Correlation after fitting, 0..1; for ``features`` the cosine; 1 for the same bytes."""


@dataclass(frozen=True)
class _Candidate:
    distance: int
    box: Box
    way: int
    theirs_cropped: bool


class PictureSearch:
    """Finds pictures of other collections that show what pictures of ours show.

    Keeps all hashes of ours, 16 KiB a picture, and of theirs only those of whole pictures.
    """

    def __init__(self, ours: Iterable[str], load: Load, hash_distance: int, correlation: float) -> None:
        self._load, self._distance, self._correlation = load, hash_distance, correlation
        self._contents: dict[str, list[str]] = defaultdict(list)
        self.unreadable: list[str] = []
        self._hashes = self._hashed(sorted(set(ours)), load, self.unreadable, self._contents)

    def near(self, theirs: Iterable[str], load: Load, unreadable: list[str]) -> Iterator[NearPicture]:
        """Pairs in order of ours, then theirs; names of theirs that do not decode go to `unreadable`."""
        candidates: dict[tuple[str, str], list[_Candidate]] = defaultdict(list)
        same: set[tuple[str, str]] = set()
        named = sorted(set(theirs))
        for start in range(0, len(named), BLOCK):
            contents: dict[str, list[str]] = defaultdict(list)
            block = self._hashed(named[start : start + BLOCK], load, unreadable, contents)
            for content in contents.keys() & self._contents.keys():
                same.update((our, their) for our in self._contents[content] for their in contents[content])
            self._collect(candidates, self._hashes, block, theirs_cropped=False)
            self._collect(candidates, block, self._hashes, theirs_cropped=True)
        # Large in comparison with the rest: the two pictures of a pair, and pairs come in order of ours.
        mine, other = (
            lru_cache(8)(lambda n: decoded(self._load(n))),
            lru_cache(64)(lambda n: decoded(load(n))),
        )
        for our, their in sorted(same | candidates.keys()):
            if (our, their) in same:
                yield NearPicture(our, their, "same-bytes", 1.0)
            elif best := self._fitted(candidates[our, their], mine(our), other(their)):
                yield NearPicture(our, their, *best)

    @staticmethod
    def _hashed(
        names: Sequence[str], load: Load, unreadable: list[str], contents: dict[str, list[str]]
    ) -> dict[str, PictureHashes]:
        """Hashes by name; every name goes to its content's in `contents`, and one that does not decode to
        `unreadable`."""
        hashed = {}
        for name in names:
            data = load(name)
            contents[sha256(data)].append(name)
            try:
                hashed[name] = hashes_of(data)
            except UnreadablePictureError:
                unreadable.append(name)
        return hashed

    def _collect(
        self,
        candidates: dict[tuple[str, str], list[_Candidate]],
        cropped: Mapping[str, PictureHashes],
        whole: Mapping[str, PictureHashes],
        *,
        theirs_cropped: bool,
    ) -> None:
        """Crops (and, once, whole pictures) of one side that lie near whole pictures of the other."""
        with_whole = not theirs_cropped
        crops, crop_of, boxes = _crops(cropped, with_whole=with_whole)
        wholes, whole_of = _wholes(whole)
        pairs = near_pairs(crops, wholes, self._distance)
        one, other = list(cropped), list(whole)
        for left, right, distance in zip(pairs.left, pairs.right, pairs.distance, strict=True):
            number, way = divmod(int(whole_of[right]), ORIENTATIONS)
            names = one[crop_of[left]], other[number]
            candidate = _Candidate(int(distance), _box(boxes[left]), way, theirs_cropped)
            candidates[names[::-1] if theirs_cropped else names].append(candidate)

    def _fitted(self, found: Sequence[_Candidate], our: Any, their: Any) -> tuple[str, float] | None:
        """Kind and correlation of the best fit, if it is good enough; turned only where none is upright."""
        ordered = sorted(found, key=lambda c: (c.box != WHOLE, c.distance, c.way, c.box))
        for turned in (False, True):
            fits: list[tuple[float, str]] = []
            for candidate in [c for c in ordered if (c.way > MIRRORED) == turned][:FITTED]:
                cropped, other = (their, our) if candidate.theirs_cropped else (our, their)
                score = rounded(alignment(cropped, candidate.box, other, way=candidate.way))
                fits.append((score, _kind(candidate)))
            best, kind = max(fits, key=lambda fit: fit[0], default=(-1.0, ""))
            if best >= self._correlation:
                return kind, best
        return None


def near_vectors(ours: Mapping[str, Any], theirs: Mapping[str, Any], cosine: float) -> Iterator[NearPicture]:
    """Pictures with like features, by exact products in blocks; vectors are of length 1.

    A value may hold several vectors of one picture (its mirror image, say): float32 [f] or [v, f].
    """
    if not ours or not theirs:
        return
    names, others = sorted(ours), sorted(theirs)
    rows = [np.atleast_2d(ours[name]) for name in names]
    owner = np.repeat(np.arange(len(names)), [len(row) for row in rows])
    matrix = np.concatenate(rows)
    found: dict[tuple[str, str], float] = {}
    for start in range(0, len(others), 4 * BLOCK):
        block = others[start : start + 4 * BLOCK]
        vectors = [np.atleast_2d(theirs[name]) for name in block]
        theirs_of: Any = np.repeat(np.arange(len(block)), [len(row) for row in vectors])
        cosines = matrix @ np.concatenate(vectors).T
        for row, column in zip(*np.nonzero(cosines >= cosine), strict=True):
            pair = names[owner[row]], block[theirs_of[column]]
            found[pair] = max(found.get(pair, -1.0), rounded(cosines[row, column]))
    for (our, their), measure in sorted(found.items()):
        yield NearPicture(our, their, "features", measure)


def _crops(side: Mapping[str, PictureHashes], *, with_whole: bool) -> tuple[Any, Any, Any]:
    hashes: list[Any] = [np.empty(0, np.uint64)]
    owners: list[Any] = [np.empty(0, np.int64)]
    boxes: list[Any] = [np.empty((0, 4))]
    for number, found in enumerate(side.values()):
        parts: list[tuple[Any, Any]] = [(found.crops, found.boxes)]
        if with_whole:
            parts.append((found.whole[:1], np.tile(WHOLE, (len(found.whole[:1]), 1))))
        for part, where in parts:
            hashes.append(part)
            owners.append(np.full(len(part), number))
            boxes.append(where)
    return np.concatenate(hashes), np.concatenate(owners), np.concatenate(boxes)


def _wholes(side: Mapping[str, PictureHashes]) -> tuple[Any, Any]:
    """Hashes, and for each eight times the number of its picture, plus the way in which it is laid."""
    hashes: list[Any] = [np.empty(0, np.uint64)]
    owners: list[Any] = [np.empty(0, np.int64)]
    for number, found in enumerate(side.values()):
        hashes.append(found.whole)
        owners.append(ORIENTATIONS * number + np.arange(len(found.whole)))
    return np.concatenate(hashes), np.concatenate(owners)


def _box(values: Any) -> Box:
    left, top, right, bottom = (float(value) for value in values)
    return (left, top, right, bottom)


def _kind(candidate: _Candidate) -> str:
    way = ("", "mirrored")[candidate.way] if candidate.way <= MIRRORED else "turned"
    if candidate.box == WHOLE:
        return way or "same-picture"
    return f"{way}-crop".removeprefix("-")
