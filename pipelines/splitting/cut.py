"""Cutting a split from what was found in a search, whichever search it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from catalogs.leaks import Collection, Found, Item, removals
from catalogs.splits.factip import BenchmarkItem, FactipReport, write_factip
from catalogs.splits.unified_bench import SourcePicture, UnifiedReport, write_unified_bench
from catalogs.stage import Blobs

FACTIP, UNIFIED_BENCH = "factip", "unified-bench"


@dataclass(frozen=True)
class Search:
    """What both splits are cut from: their pool, and what of it stands elsewhere."""

    items: Sequence[BenchmarkItem]
    """Prompts of reserved entities, their pictures in the order in which they are taken."""
    training: Set[str]
    """Ids of the entities in training."""
    basis: str
    """Digest of all this, by which a split is known to be current."""
    ours: Collection
    """`collection_of` the items, with features of the pictures that may enter Unified-Bench."""
    found: Found


def cut_factip(directory: Path, search: Search, blobs: Blobs) -> FactipReport:
    """Write the split without what leaks; raises `SplitError` where it shares an entity with training."""
    return write_factip(
        directory,
        search.items,
        search.training,
        blobs,
        basis=search.basis,
        leaks=removals(search.ours, search.found),
        found=search.found.leaks,
    )


def cut_unified_bench(directory: Path, search: Search, blobs: Blobs) -> UnifiedReport:
    """Write the split without what leaks. It has no prompts and names nobody: only its pictures can."""
    found = replace(search.found, leaks=[leak for leak in search.found.leaks if leak.level == "picture"])
    sources = sources_of(search.items, search.ours.vectors)
    vectors = [search.ours.vectors[source.picture.sha256][0] for source in sources]
    return write_unified_bench(
        directory,
        sources,
        np.stack(vectors) if vectors else np.zeros((0, 1), np.float32),
        blobs,
        basis=search.basis,
        leaks=removals(replace(search.ours, items=[], entities={}), found),
        found=found.leaks,
    )


Cutter = Callable[[Path, Search, Blobs], FactipReport | UnifiedReport]
CUTTERS: dict[str, Cutter] = {FACTIP: cut_factip, UNIFIED_BENCH: cut_unified_bench}


def collection_of(items: Sequence[BenchmarkItem], blobs: Blobs) -> Collection:
    """The pool before anything is taken out."""
    ours = [
        Item(
            key=item.prompt.key,
            prompt=item.prompt.text,
            language=item.prompt.language,
            entity_id=item.entity.entity_id,
            pictures=tuple(picture.sha256 for picture in item.ground_truth),
        )
        for item in items
    ]
    return Collection(
        name="benchmark",
        items=ours,
        entities={item.entity.entity_id: item.entity for item in items},
        pictures=sorted({picture for item in ours for picture in item.pictures}),
        load=blobs.get,
    )


def sources_of(items: Sequence[BenchmarkItem], vectors: Mapping[str, Any]) -> list[SourcePicture]:
    """All pictures of all entities that have features, those of one entity in their order."""
    entities = {item.entity.entity_id: item for item in items}
    return [
        SourcePicture(
            entity_id=entity_id, title=item.entity.title, domain=item.entity.domain, picture=picture
        )
        for entity_id, item in sorted(entities.items())
        for picture in item.ground_truth
        if picture.sha256 in vectors
    ]
