"""Which entities are kept out of training, decided by the entity's identity alone.

That is its Wikidata item where a source tells it, so that one thing is reserved, or not, under all the ids
that sources give it; else its id. An entity that goes by a reserved one's name may still be in training. The
search for leaks finds it by that name (`catalogs.leaks`), and the reserved one leaves the benchmark.
"""

from __future__ import annotations

from typing import Literal

from catalogs.digests import unit_interval
from catalogs.records import Entity


def identity_of(entity: Entity) -> str:
    """What the reservation goes by: ``wikidata:Q746549``, or the entity's id."""
    item = entity.identifiers.get("wikidata")
    return f"wikidata:{item}" if item else entity.entity_id


def reserve(identity: str, share: float) -> Literal["benchmark", "train"]:
    """``benchmark`` for about `share` (0..1) of all entities, ``train`` for the rest.

    No other entity has a say, so a growing world never moves one; a greater share only adds to the benchmark.
    """
    return "benchmark" if unit_interval(identity, "factip") < share else "train"
