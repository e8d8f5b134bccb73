"""Which refs of several surveys are one entity: those that share a Wikidata item, a synset or a wiki page.

Every ref has tokens: its own id, and the ids that others would give the same entity, made of its identifiers
as sources make theirs (``wikidata:Q1``, ``wikipedia:en:Tiger``, ``babelnet:bn:...``). Refs that are joined by
tokens, however indirectly, are one entity. Where that would make one of two Wikidata items, somebody is
mistaken: each item then keeps what is nearest to it.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from catalogs.digests import entity_id
from catalogs.records import EntityRef

_LINKED = ("wikidata", "babelnet")
"""Identifiers that unite, beside wiki pages. Others (``imdb``, ``viaf``) have doublets: they come along."""

Numbers = npt.NDArray[np.int64]


def canonical_name(identifiers: Mapping[str, str]) -> str:
    """What the id of an entity is made from, whichever source names it: the English article where there is
    one, else the Wikidata item, else the synset; empty for an entity without any."""
    if title := identifiers.get("enwiki"):
        return f"wikipedia:en:{title}"
    return next((f"{kind}:{identifiers[kind]}" for kind in _LINKED if kind in identifiers), "")


def tokens_of(ref: EntityRef) -> list[str]:
    """Entity ids (16 hex digits) under which a source may list this entity, its own first."""
    names = [f"{kind}:{ref.identifiers[kind]}" for kind in _LINKED if kind in ref.identifiers]
    names += [
        f"wikipedia:{name.removesuffix('wiki')}:{title}"
        for name, title in sorted(ref.identifiers.items())
        if name.endswith("wiki")
    ]
    return list(dict.fromkeys((ref.entity_id, *map(entity_id, names))))


class Identities:
    """Takes refs one by one, by number from 0, then says which are one entity."""

    def __init__(self) -> None:
        self._owners, self._tokens = array("q"), array("Q")
        self._items = array("q")

    def add(self, ref: EntityRef) -> None:
        number = len(self._items)
        tokens = tokens_of(ref)
        self._owners.extend([number] * len(tokens))
        self._tokens.extend(int(token, 16) for token in tokens)
        item = ref.identifiers.get("wikidata", "")[1:]
        self._items.append(int(item) if item.isdigit() else 0)

    def groups(self) -> tuple[Numbers, frozenset[int]]:
        """For each ref the number of the first ref of its entity; and those first refs whose entity was
        joined to that of another Wikidata item."""
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import connected_components

        count = len(self._items)
        owners = np.frombuffer(self._owners, dtype=np.int64)
        unique, columns = np.unique(np.frombuffer(self._tokens, dtype=np.uint64), return_inverse=True)
        size = count + len(unique)
        graph: Any = csr_matrix(
            (np.ones(len(owners), dtype=np.int8), (owners, columns + count)), shape=(size, size)
        )
        labels = connected_components(graph, directed=False)[1][:count]
        _, first, whole = np.unique(labels, return_index=True, return_inverse=True)
        firsts = first.astype(np.int64)[whole]
        contested: set[int] = set()
        items = np.frombuffer(self._items, dtype=np.int64)
        for members in _contested(firsts, items):
            apart = _apart(members, items, owners, columns)
            for member, home in apart.items():
                firsts[member] = home
            contested.update(apart.values())
        return firsts, frozenset(contested)


def _contested(firsts: Numbers, items: Numbers) -> list[list[int]]:
    """Members of every group that holds more than one Wikidata item."""
    known = np.flatnonzero(items)
    if not known.size:
        return []
    pairs = np.unique(np.stack([firsts[known], items[known]], axis=1), axis=0)
    groups, counts = np.unique(pairs[:, 0], return_counts=True)
    members: dict[int, list[int]] = {group: [] for group in groups[counts > 1].tolist()}
    for member in np.flatnonzero(np.isin(firsts, groups[counts > 1])).tolist():
        members[int(firsts[member])].append(member)
    return list(members.values())


def _apart(members: Sequence[int], items: Numbers, owners: Numbers, columns: Numbers) -> dict[int, int]:
    """Member -> first ref of its entity, where each item is an entity and takes what is fewest joints away.

    Of items that are equally near, the one with the smallest number takes it.
    """
    starts, ends = owners.searchsorted(members, "left"), owners.searchsorted(members, "right")
    held: dict[int, set[int]] = {
        member: set(columns[start:end].tolist())
        for member, start, end in zip(members, starts.tolist(), ends.tolist(), strict=True)
    }
    home = {member: int(items[member]) for member in members if items[member]}
    ring = dict(home)
    while ring:
        by_token: dict[int, int] = {}
        for member, item in ring.items():
            for token in held[member]:
                by_token[token] = min(item, by_token.get(token, item))
        ring = {}
        for member in members:
            near = [by_token[token] for token in held[member] if token in by_token]
            if member not in home and near:
                ring[member] = min(near)
        home |= ring
    firsts: dict[int, int] = {}
    return {member: firsts.setdefault(home[member], member) for member in sorted(members)}
