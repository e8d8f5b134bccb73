"""Which entities are kept out of training, decided by the entity's id alone.

An entity that goes by a reserved one's name has an id of its own and may be in training. The search for leaks
finds it by that name (`catalogs.leaks`), and the reserved one leaves the benchmark.
"""

from __future__ import annotations

from typing import Literal

from catalogs.digests import unit_interval


def reserve(entity_id: str, share: float) -> Literal["benchmark", "train"]:
    """``benchmark`` for about `share` (0..1) of all entities, ``train`` for the rest.

    No other entity has a say, so a growing world never moves one; a greater share only adds to the benchmark.
    """
    return "benchmark" if unit_interval(entity_id, "factip") < share else "train"
