"""`make bench CASE=dedup`: every near pair among a million perceptual hashes, and the same by brute force.

The hashes are random, but a tenth are planted: copies of others with 0 to 9 bits turned over, so that pairs
lie on both sides of the distance. Brute force compares all with all; it is run on the first hashes only,
where the two must agree pair by pair, and what it would take for all of them is reckoned from its square.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import numpy.typing as npt

from benchmarks.measure import measured, report
from catalogs.leaks.hamming import Hashes, near_pairs, tolerances

PLANTED = 10
"""One hash in so many is a near copy of another."""
MOST_TURNED = 9


def planted_hashes(count: int, seed: int = 0) -> Hashes:
    """uint64 [count], in random order."""
    dice = np.random.default_rng(seed)
    hashes = dice.integers(0, 2**64, count, dtype=np.uint64)
    copies = count // PLANTED
    # A rank below the number of bits to turn over, in a row of ranks that is all different: exactly that
    # many.
    ranks = dice.permuted(np.tile(np.arange(64, dtype=np.uint8), (copies, 1)), axis=1)
    turned = ranks < dice.integers(0, MOST_TURNED + 1, (copies, 1))
    masks = np.packbits(turned, axis=1).view(np.uint64)[:, 0]
    hashes[count - copies :] = hashes[:copies] ^ masks
    return dice.permutation(hashes)


def brute_force(hashes: Hashes, distance: int) -> npt.NDArray[np.int64]:
    """int64 [n, 2]: each hash against all behind it."""
    found = []
    for row, one in enumerate(hashes[:-1]):
        near = np.flatnonzero(np.bitwise_count(hashes[row + 1 :] ^ one) <= distance)
        found.append(np.stack([np.full(len(near), row), near + row + 1], axis=1))
    return np.concatenate(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hashes", type=int, default=1_000_000)
    parser.add_argument("--checked", type=int, default=20_000, help="Compared by brute force as well.")
    parser.add_argument("--distance", type=int, default=6)
    given = parser.parse_args()

    hashes = planted_hashes(given.hashes)
    with measured() as search:
        pairs = near_pairs(hashes, distance=given.distance)
    few = planted_hashes(given.checked, seed=1)
    with measured() as baseline:
        expected = brute_force(few, given.distance)
    with measured() as checked:
        found = near_pairs(few, distance=given.distance)
    agree = np.array_equal(np.stack([found.left, found.right], axis=1), expected)
    report(
        "dedup",
        {
            "hashes": given.hashes,
            "distance": given.distance,
            "tolerances": tolerances(given.distance),
            "pairs": len(pairs),
            "seconds": round(search.seconds, 2),
            "peak_mib": round(search.peak_mib),
            "baseline": {
                "name": "brute force, numpy, all against all",
                "hashes": given.checked,
                "pairs": len(expected),
                "seconds": round(baseline.seconds, 2),
                "seconds_reckoned_for_all": round(
                    baseline.seconds * (given.hashes / max(1, given.checked)) ** 2
                ),
                "seconds_of_the_search": round(checked.seconds, 3),
                "agrees": agree,
            },
        },
    )
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
