"""Under which classes of the table a class falls: the closure of "subclass of", circles included."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Edges = npt.NDArray[np.int64]
"""Shape (n, 2): a class, and one that it is a subclass of."""


def closure(edges: Edges, roots: Sequence[int]) -> dict[int, int]:
    """Class -> bits of the `roots` that it is, or is a subclass of however far down (bit 0 for the first).

    Classes that fall under none are left out. Wikidata has circles ("is a subclass of" goes both ways by
    mistake): all of a circle fall under what any of them falls under.
    """
    order = np.argsort(edges[:, 1], kind="stable")
    parents, children = edges[order, 1], edges[order, 0]
    under: dict[int, int] = {}
    for place, root in enumerate(roots):
        bit = 1 << place
        found = ring = np.array([root], dtype=np.int64)
        while ring.size:
            below = _children(parents, children, ring)
            ring = np.setdiff1d(below, found)
            found = np.union1d(found, ring)
        for one in found.tolist():
            under[one] = under.get(one, 0) | bit
    return under


def _children(parents: Edges, children: Edges, ring: Edges) -> Edges:
    starts, ends = np.searchsorted(parents, ring, "left"), np.searchsorted(parents, ring, "right")
    spans = [children[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    return np.unique(np.concatenate(spans)) if spans else np.empty(0, dtype=np.int64)
