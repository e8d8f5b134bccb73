"""Which entities are kept out of training: decided by the entity's id, and by the names that it shares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from catalogs.digests import unit_interval
from catalogs.leaks.names import name_groups
from catalogs.records import Entity


def reserve(entity_id: str, share: float) -> Literal["benchmark", "train"]:
    """``benchmark`` for about `share` (0..1) of all entities, ``train`` for the rest.

    No other entity has a say, so a growing world never moves one; a greater share only adds to the benchmark.
    """
    return "benchmark" if unit_interval(entity_id, "factip") < share else "train"


def reserved_entities(entities: Iterable[Entity], share: float) -> set[str]:
    """Ids of all entities that `reserve` takes, and of all that share a name with one of them.

    A name is a title, a noun, a plural, an alias or a redirect in any language. So an entity that the source
    lists twice, or that goes by another's redirect, cannot be in training while its namesake is in the
    benchmark.
    """
    reserved: set[str] = set()
    for group in name_groups(entities):
        if any(reserve(entity_id, share) == "benchmark" for entity_id in group):
            reserved.update(group)
    return reserved
