"""How many items each category gets, and which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from catalogs.digests import digest

T = TypeVar("T")


def quotas(weights: Mapping[str, int], total: int) -> dict[str, int]:
    """`total` shared out in proportion to `weights` by largest remainder; ties go to the earlier name.

    >>> quotas({"a": 3, "b": 1}, 6)
    {'a': 5, 'b': 1}
    """
    whole = sum(weights.values())
    shares = {name: divmod(weight * total, whole) for name, weight in weights.items()}
    left = total - sum(share for share, _ in shares.values())
    order = sorted(shares, key=lambda name: -shares[name][1])
    return {name: share + (name in order[:left]) for name, (share, _) in shares.items()}


def strict_quotas(weights: Mapping[str, int], held: Mapping[str, int], most: int) -> dict[str, int]:
    """The greatest quotas, of `most` at most, that every category can fill: proportions without a gap.

    Categories that hold nothing are left out of the proportions.
    """
    weights = {name: weight for name, weight in weights.items() if held.get(name)}
    for total in range(min(most, sum(held.values())), 0, -1):
        shared = quotas(weights, total)
        if all(shared[name] <= held[name] for name in shared):
            return shared
    return dict.fromkeys(weights, 0)


def spread(items: Sequence[T], key: Callable[[T], str], owner: Callable[[T], str]) -> list[T]:
    """One item of every owner, then a second one of every owner, ...; both orders by the key's hash."""
    turns: dict[str, int] = {}
    ranked = []
    for item in sorted(items, key=lambda item: digest(key(item))):
        turn = turns[owner(item)] = turns.get(owner(item), 0) + 1
        ranked.append((turn, digest(key(item)), item))
    return [item for _, _, item in sorted(ranked, key=lambda entry: entry[:2])]
