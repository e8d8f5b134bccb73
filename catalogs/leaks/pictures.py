"""Pictures that show the same: in bytes, to the eye, mirrored, turned, cropped either way, or to a model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from catalogs.digests import rounded, sha256
from catalogs.leaks.alignment import alignment
from catalogs.leaks.candidates import Candidate, Hashed, candidates, hashed
from catalogs.leaks.hashes import UnreadablePictureError
from catalogs.leaks.records import Thresholds
from catalogs.leaks.views import Seen, seen, viewed

Load = Callable[[str], bytes]
"""Encoded bytes of a picture by its name."""

BLOCK = 256
"""Pictures whose crops are held at a time: 2,025 hashes of 8 bytes each, 4 MiB."""
FITTED = 3
"""Crops of a pair that are fitted, nearest hashes first: neighbouring crops are fitted to one place. As many
again are fitted of turned pictures, of tilted ones and of tiles."""
RANKS = range(4)
"""`Candidate.rank`."""
HELD_OURS, HELD_THEIRS = 8, 1024
"""Pictures held for fitting, at 75 KiB, twice that with a frame: pairs come in order of ours."""


@dataclass(frozen=True)
class NearPicture:
    """Two pictures that show the same."""

    ours: str
    theirs: str
    kind: str
    """``same-bytes``, ``features``, or that of a `Candidate`."""
    measure: float
    """Correlation after fitting, 0..1; for ``features`` the cosine; 1 for the same bytes."""


class PictureSearch:
    """Finds pictures of other collections that show what pictures of ours show.

    Keeps all hashes of ours, 16 KiB a picture, and of theirs only those of whole pictures.
    """

    def __init__(self, ours: Iterable[str], load: Load, thresholds: Thresholds) -> None:
        self._load, self._thresholds = load, thresholds
        self._contents: dict[str, list[str]] = defaultdict(list)
        self.unreadable: list[str] = []
        self._hashes = _hashed(sorted(set(ours)), load, self.unreadable, self._contents, tilted=True)

    def near(self, theirs: Iterable[str], load: Load, unreadable: list[str]) -> Iterator[NearPicture]:
        """Pairs in order of ours, then theirs; names of theirs that do not decode go to `unreadable`."""
        found: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
        same: set[tuple[str, str]] = set()
        named = sorted(set(theirs))
        for start in range(0, len(named), BLOCK):
            contents: dict[str, list[str]] = defaultdict(list)
            block = _hashed(named[start : start + BLOCK], load, unreadable, contents, tilted=False)
            for content in contents.keys() & self._contents.keys():
                same.update((our, their) for our in self._contents[content] for their in contents[content])
            for pair, candidate in (
                *candidates(self._hashes, block, self._thresholds.hash_distance, theirs_cropped=False),
                *candidates(block, self._hashes, self._thresholds.hash_distance, theirs_cropped=True),
            ):
                found[pair].append(candidate)
        mine = lru_cache(HELD_OURS)(lambda name: seen(self._load(name)))
        other = lru_cache(HELD_THEIRS)(lambda name: seen(load(name)))
        for our, their in sorted(same | found.keys()):
            if (our, their) in same:
                yield NearPicture(our, their, "same-bytes", 1.0)
            elif best := self._fitted(found[our, their], mine(our), other(their)):
                yield NearPicture(our, their, *best)

    def _fitted(self, found: Sequence[Candidate], our: Seen, their: Seen) -> tuple[str, float] | None:
        """Kind and correlation of the best fit, if it is good enough; of the first rank that has one."""
        ordered = sorted(found, key=lambda candidate: candidate.order)
        for rank in RANKS:
            fits = [
                (self._measured(candidate, our, their), candidate.kind)
                for candidate in [c for c in ordered if c.rank == rank][:FITTED]
            ]
            best, kind = max(fits, key=lambda fit: fit[0], default=(0.0, ""))
            if best:
                return kind, best
        return None

    def _measured(self, candidate: Candidate, our: Seen, their: Seen) -> float:
        """Correlation of a fit that is good enough, 0 of another."""
        cropped, other = (their, our) if candidate.theirs_cropped else (our, their)
        fit = alignment(cropped.image, candidate.box, viewed(other, candidate.view), way=candidate.way)
        for measure, least in (
            (rounded(fit.correlation), self._thresholds.correlation),
            (rounded(fit.recoloured), self._thresholds.recoloured),
        ):
            if measure >= least:
                return measure
        return 0.0


def _hashed(
    names: Sequence[str],
    load: Load,
    unreadable: list[str],
    contents: dict[str, list[str]],
    *,
    tilted: bool,
) -> dict[str, Hashed]:
    """Hashes by name; every name goes to its content's in `contents`, and one that does not decode to
    `unreadable`."""
    found = {}
    for name in names:
        data = load(name)
        contents[sha256(data)].append(name)
        try:
            found[name] = hashed(data, tilted=tilted)
        except UnreadablePictureError:
            unreadable.append(name)
    return found


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
