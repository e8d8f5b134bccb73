"""Pictures that show the same: in bytes, to the eye, mirrored, cropped either way, or to a model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from catalogs.digests import rounded
from catalogs.leaks.alignment import WHOLE, Box, alignment
from catalogs.leaks.hamming import near_pairs
from catalogs.leaks.hashes import PictureHashes, UnreadablePictureError, decoded, hashes_of

Load = Callable[[str], bytes]
"""Encoded bytes of a picture by its name."""

BLOCK = 256
"""Pictures whose crops are held at a time: 2,025 hashes of 8 bytes each, 4 MiB."""
FITTED = 3
"""Crops of a pair that are fitted, nearest hashes first: neighbouring crops are fitted to one place."""


@dataclass(frozen=True)
class NearPicture:
    """Two pictures that show the same."""

    ours: str
    theirs: str
    kind: str
    """``same-bytes``, ``same-picture``, ``mirrored``, ``crop``, ``mirrored-crop`` or ``features``."""
    measure: float
    """Correlation after fitting, 0..1; for ``features`` the cosine; 1 for the same bytes."""


@dataclass(frozen=True)
class _Candidate:
    distance: int
    box: Box
    mirrored: bool
    theirs_cropped: bool


class PictureSearch:
    """Finds pictures of other collections that show what pictures of ours show.

    Keeps all hashes of ours, 16 KiB a picture, and of theirs only those of whole pictures.
    """

    def __init__(self, ours: Iterable[str], load: Load, hash_distance: int, correlation: float) -> None:
        self._load, self._distance, self._correlation = load, hash_distance, correlation
        self._hashes: dict[str, PictureHashes] = {}
        self.unreadable: list[str] = []
        for name in sorted(set(ours)):
            try:
                self._hashes[name] = hashes_of(load(name))
            except UnreadablePictureError:
                self.unreadable.append(name)

    def near(self, theirs: Iterable[str], load: Load, unreadable: list[str]) -> Iterator[NearPicture]:
        """Pairs in order of ours, then theirs; names of theirs that do not decode go to `unreadable`."""
        candidates: dict[tuple[str, str], list[_Candidate]] = defaultdict(list)
        named = sorted(set(theirs))
        for start in range(0, len(named), BLOCK):
            block: dict[str, PictureHashes] = {}
            for name in named[start : start + BLOCK]:
                try:
                    block[name] = hashes_of(load(name))
                except UnreadablePictureError:
                    unreadable.append(name)
            self._collect(candidates, self._hashes, block, theirs_cropped=False)
            self._collect(candidates, block, self._hashes, theirs_cropped=True)
        # Large in comparison with the rest: the two pictures of a pair, and pairs come in order of ours.
        mine, other = (
            lru_cache(8)(lambda n: decoded(self._load(n))),
            lru_cache(64)(lambda n: decoded(load(n))),
        )
        for (our, their), found in sorted(candidates.items()):
            if our == their:
                yield NearPicture(our, their, "same-bytes", 1.0)
            elif best := self._fitted(found, mine(our), other(their)):
                yield NearPicture(our, their, *best)

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
            names = one[crop_of[left]], other[whole_of[right] // 2]
            candidate = _Candidate(
                int(distance), _box(boxes[left]), bool(whole_of[right] % 2), theirs_cropped
            )
            candidates[names[::-1] if theirs_cropped else names].append(candidate)

    def _fitted(self, found: Sequence[_Candidate], our: Any, their: Any) -> tuple[str, float] | None:
        """Kind and correlation of the best fit, if it is good enough."""
        best: tuple[float, str] | None = None
        ordered = sorted(found, key=lambda c: (c.box != WHOLE, c.distance, c.mirrored, c.box))
        for candidate in ordered[:FITTED]:
            cropped, other = (their, our) if candidate.theirs_cropped else (our, their)
            score = rounded(alignment(cropped, candidate.box, other, mirrored=candidate.mirrored))
            if best is None or score > best[0]:
                best = score, _kind(candidate)
        return (best[1], best[0]) if best and best[0] >= self._correlation else None


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
    """Hashes, and for each twice the number of its picture, plus 1 for the mirror image."""
    hashes: list[Any] = [np.empty(0, np.uint64)]
    owners: list[Any] = [np.empty(0, np.int64)]
    for number, found in enumerate(side.values()):
        hashes.append(found.whole)
        owners.append(2 * number + np.arange(len(found.whole)))
    return np.concatenate(hashes), np.concatenate(owners)


def _box(values: Any) -> Box:
    left, top, right, bottom = (float(value) for value in values)
    return (left, top, right, bottom)


def _kind(candidate: _Candidate) -> str:
    if candidate.box == WHOLE:
        return "mirrored" if candidate.mirrored else "same-picture"
    return "mirrored-crop" if candidate.mirrored else "crop"
