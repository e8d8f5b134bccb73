"""Near pairs among 64-bit hashes, all of them, without comparing all with all.

A hash is cut into four chunks of 16 bits. By the general pigeonhole principle (Qin et al., GPH, ICDE 2018)
two hashes within distance d agree in some chunk i up to t_i bits wherever the t_i + 1 add up to d + 1: for
d = 6 up to 1, 1, 1 and 0 bits. So each hash is looked up with 17 + 17 + 17 + 1 keys in tables sorted by
chunk, and only what stands there is compared in full. Multi-index hashing (Norouzi et al., CVPR 2012) without
probing would take 7 chunks of 9 bits, 18 times as many comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

CHUNKS, CHUNK_BITS = 4, 16
MOST_DISTANCE = 11
"""Beyond it a chunk would be probed with up to three bits: 697 keys, slower than comparing all with all."""
BLOCK = 1 << 21
"""Pairs compared at a time: arrays of 16 MiB, about 100 MiB in all; larger blocks leave the cache."""


@dataclass(frozen=True)
class NearPairs:
    """Rows of two arrays of hashes that lie near each other, sorted by left, then right."""

    left: Indices
    right: Indices
    distance: npt.NDArray[np.uint8]
    """Bits, 0..64."""

    def __len__(self) -> int:
        return len(self.left)


def near_pairs(left: Hashes, right: Hashes | None = None, distance: int = 6) -> NearPairs:
    """Every pair within `distance` bits, between two arrays or within one (each pair once, left < right).

    Exact. Equal hashes are compared once, but every pair of them is returned: a million copies of one hash
    are half a million million pairs. Raises ValueError for a distance outside 0..`MOST_DISTANCE`.
    """
    if not 0 <= distance <= MOST_DISTANCE:
        raise ValueError(f"distance {distance}: give one of 0..{MOST_DISTANCE}")
    ones, one_of = np.unique(np.asarray(left, np.uint64), return_inverse=True)
    if right is None:
        found = np.concatenate([_same(len(ones)), _distinct_pairs(ones, None, distance)])
        pairs = _expanded(found, one_of, one_of)
        pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
        pairs = np.unique(pairs, axis=0) if len(pairs) else pairs
        right = left
    else:
        others, other_of = np.unique(np.asarray(right, np.uint64), return_inverse=True)
        # The fewer look the more up: a key that is looked up costs more than a hash that stands in a table.
        if len(ones) > len(others):
            found = _distinct_pairs(others, ones, distance)[:, ::-1]
        else:
            found = _distinct_pairs(ones, others, distance)
        pairs = _expanded(found, one_of, other_of)
        pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    bits = np.bitwise_count(np.asarray(left)[pairs[:, 0]] ^ np.asarray(right)[pairs[:, 1]])
    return NearPairs(pairs[:, 0], pairs[:, 1], bits)


def tolerances(distance: int) -> list[int]:
    """Bits in which two near hashes may differ in each chunk, if no other chunk is to find them; -1: none.

    >>> tolerances(6)
    [1, 1, 1, 0]
    """
    each, over = divmod(distance + 1, CHUNKS)
    return [each - 1 + (chunk < over) for chunk in range(CHUNKS)]


def _same(count: int) -> Indices:
    return np.repeat(np.arange(count), 2).reshape(-1, 2)


def _distinct_pairs(ones: Hashes, others: Hashes | None, distance: int) -> Indices:
    """Pairs of rows of sorted, distinct hashes: int64 [n, 2], each once; within `ones` without others."""
    found = [np.empty((0, 2), np.int64)]
    for chunk, tolerance in enumerate(tolerances(distance)):
        if tolerance >= 0:
            found.extend(_by_chunk(ones, others, chunk, tolerance, distance))
    return np.unique(np.concatenate(found), axis=0)


def _by_chunk(
    ones: Hashes, others: Hashes | None, chunk: int, tolerance: int, distance: int
) -> Iterator[Indices]:
    table = ones if others is None else others
    keys = _keys(table, chunk)
    order = np.argsort(keys, kind="stable")
    sorted_table = table[order]
    starts = np.searchsorted(keys[order], np.arange((1 << CHUNK_BITS) + 1))
    if others is None:
        rows, queries, query_keys = order, sorted_table, keys[order]
    else:
        query_keys = _keys(ones, chunk)
        rows = np.argsort(query_keys, kind="stable")
        queries, query_keys = ones[rows], query_keys[rows]
    for mask in _masks(tolerance):
        if others is None:
            # Of the two hashes of a pair only the one without the mask's lowest bit looks for the other.
            asking = np.flatnonzero((query_keys & (mask & -mask)) == 0)
            first = asking + 1 if mask == 0 else starts[query_keys[asking] ^ mask]
        else:
            asking = np.arange(len(queries))
            first = starts[query_keys ^ mask]
        last = starts[(query_keys[asking] ^ mask) + 1]
        for block in _blocks(last - first):
            wide = last[block] - first[block]
            ends = np.cumsum(wide)
            met = np.repeat(first[block] - (ends - wide), wide) + np.arange(ends[-1])
            differing = np.repeat(queries[asking[block]], wide) ^ sorted_table[met]
            near = np.flatnonzero(np.bitwise_count(differing) <= distance)
            asked = asking[block][np.searchsorted(ends, near, side="right")]
            yield np.stack([rows[asked], order[met[near]]], axis=1)


def _keys(hashes: Hashes, chunk: int) -> Indices:
    shift = np.uint64(chunk * CHUNK_BITS)
    return ((hashes >> shift) & np.uint64((1 << CHUNK_BITS) - 1)).astype(np.int64)


def _masks(tolerance: int) -> Iterator[int]:
    """Every key with at most `tolerance` bits."""
    for size in range(tolerance + 1):
        for bits in combinations(range(CHUNK_BITS), size):
            yield sum(1 << bit for bit in bits)


def _blocks(counts: Indices) -> Iterator[slice]:
    """Runs of asking rows that meet about `BLOCK` hashes in all, and at least one."""
    ends = np.cumsum(counts)
    at = 0
    while at < len(counts):
        done = int(ends[at - 1]) if at else 0
        until = max(at + 1, int(np.searchsorted(ends, done + BLOCK, side="right")))
        if ends[until - 1] > done:
            yield slice(at, until)
        at = until


def _expanded(pairs: Indices, left_of: Indices, right_of: Indices) -> Indices:
    """Pairs of distinct hashes as pairs of the rows that hold them."""
    left, left_starts, left_counts = _holders(left_of)
    right, right_starts, right_counts = _holders(right_of)
    wide = right_counts[pairs[:, 1]]
    total = left_counts[pairs[:, 0]] * wide
    which = np.repeat(np.arange(len(pairs)), total)
    within = np.arange(len(which)) - np.repeat(np.cumsum(total) - total, total)
    one, other = pairs[which, 0], pairs[which, 1]
    return np.stack(
        [
            left[left_starts[one] + within // wide[which]],
            right[right_starts[other] + within % wide[which]],
        ],
        axis=1,
    )


def _holders(distinct_of: Indices) -> tuple[Indices, Indices, Indices]:
    """Rows sorted by the distinct hash that they hold; where each hash's rows start, and how many it has."""
    counts = np.bincount(distinct_of)
    return np.argsort(distinct_of, kind="stable"), np.cumsum(counts) - counts, counts
