"""Near pairs are all found, and none is found that is not near."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs.leaks.hamming import MOST_DISTANCE, near_pairs, tolerances

words = st.integers(0, 2**64 - 1)


@st.composite
def hashes(draw: st.DrawFn) -> np.ndarray:
    """Some hashes, and near copies of them: flipped in up to 20 bits, often not at all."""
    some = draw(st.lists(words, max_size=8))
    near = [
        draw(st.sampled_from(some)) ^ sum(1 << bit for bit in draw(st.sets(st.integers(0, 63), max_size=20)))
        for _ in range(draw(st.integers(0, 8)))
        if some
    ]
    return np.array(draw(st.permutations(some + near)), np.uint64)


@settings(deadline=None)
@given(hashes(), st.integers(0, MOST_DISTANCE))
def test_within_one_list_as_by_brute_force(held: np.ndarray, distance: int) -> None:
    pairs = near_pairs(held, distance=distance)
    expected = {
        (i, j): (int(held[i]) ^ int(held[j])).bit_count()
        for i, j in combinations(range(len(held)), 2)
        if (int(held[i]) ^ int(held[j])).bit_count() <= distance
    }
    found = zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
    assert dict(zip(found, pairs.distance.tolist(), strict=True)) == expected
    assert len(pairs) == len(expected)


@settings(deadline=None)
@given(hashes(), hashes(), st.integers(0, MOST_DISTANCE))
def test_between_two_lists_as_by_brute_force(one: np.ndarray, other: np.ndarray, distance: int) -> None:
    other = np.concatenate([other, one[:2]])
    pairs = near_pairs(one, other, distance)
    expected = [
        (i, j)
        for i, a in enumerate(one.tolist())
        for j, b in enumerate(other.tolist())
        if (a ^ b).bit_count() <= distance
    ]
    assert list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)) == expected


def test_a_few_thousand_with_planted_copies_as_by_brute_force() -> None:
    from benchmarks.dedup import brute_force, planted_hashes

    held = planted_hashes(3000)
    pairs = near_pairs(held)
    assert np.array_equal(np.stack([pairs.left, pairs.right], axis=1), brute_force(held, 6))
    assert 100 < len(pairs) < 300


@given(st.integers(0, MOST_DISTANCE))
def test_the_tolerances_leave_no_room_for_a_near_pair(distance: int) -> None:
    assert sum(tolerance + 1 for tolerance in tolerances(distance)) == distance + 1


@pytest.mark.parametrize("distance", [-1, 12])
def test_a_distance_that_would_be_slow_is_refused(distance: int) -> None:
    with pytest.raises(ValueError, match=r"0\.\.11"):
        near_pairs(np.zeros(2, np.uint64), distance=distance)
