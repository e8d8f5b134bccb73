"""Splits as a run cuts them: names, prompts and bytes of pictures compared with training.

What pictures show is left to `tracemill split` (`pipelines.splitting.searched`): on the default world that
takes two minutes of a processor, this two seconds. A split that was searched, here or there, stays as it is
while it is cut from the same pool and was compared with the same shards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from catalogs.leaks import find_leaks
from catalogs.manifest import Manifest
from catalogs.splits.factip import BenchmarkItem, FactipReport, held_factip
from catalogs.splits.unified_bench import UnifiedReport, held_unified_bench
from pipelines.folder import OutputFolder
from pipelines.splitting.cut import (
    FACTIP,
    UNIFIED_BENCH,
    Search,
    collection_of,
    cut_factip,
    cut_unified_bench,
)
from pipelines.splitting.data import basis_of, read_split_data
from verifiers.negatives import GalleryIndex


class Splits(NamedTuple):
    """Both splits of an output folder, as they are after a run."""

    factip: FactipReport
    unified_bench: UnifiedReport

    @property
    def by_eye(self) -> bool:
        """Whether the pictures of both were compared by what they show."""
        return all(one.leaks is not None and one.leaks.by_eye for one in self)


def bring_up_splits(
    folder: OutputFolder, manifest: Manifest, items: Sequence[BenchmarkItem], gallery: GalleryIndex
) -> Splits:
    """Both splits of the reserved `items`; nothing is searched nor written where both are current.

    Raises `SplitError` where they share an entity with training.
    """
    basis = basis_of(folder, manifest, items)
    held, held_too = _held(folder, basis)
    if held and held_too:
        return Splits(held, held_too)
    ours = replace(collection_of(items, folder.blobs), vectors=_lead_vectors(items, gallery))
    data = read_split_data(folder)
    found = find_leaks(ours, [data.training(folder)], by_eye=False)
    search = Search(items, data.training_entities, basis, ours, found)
    return Splits(
        held or cut_factip(folder.splits / FACTIP, search, folder.blobs),
        held_too or cut_unified_bench(folder.splits / UNIFIED_BENCH, search, folder.blobs),
    )


def current_splits(folder: OutputFolder, basis: str) -> Splits | None:
    """Both splits of an output folder where they are cut from this basis, None where one is not."""
    factip, unified_bench = _held(folder, basis)
    return Splits(factip, unified_bench) if factip and unified_bench else None


def _held(folder: OutputFolder, basis: str) -> tuple[FactipReport | None, UnifiedReport | None]:
    return (
        held_factip(folder.splits / FACTIP, basis),
        held_unified_bench(folder.splits / UNIFIED_BENCH, basis),
    )


def said_of(splits: Splits) -> dict[str, str]:
    """What the report of a run and its last line tell of the splits."""
    compared = (
        "names, prompts and pictures compared with training"
        if splits.by_eye
        else "names and prompts compared with training, pictures not: run tracemill split"
    )
    factip, unified_bench = splits
    return {
        "FactIP split": f"{factip.held} prompts; {compared}",
        "Unified-Bench split": f"{unified_bench.held} pictures; {compared}",
    }


def _lead_vectors(items: Sequence[BenchmarkItem], gallery: GalleryIndex) -> dict[str, Any]:
    """First picture of each entity -> its features, as far as the gallery holds them: one that was pinned
    may have seen an earlier picture of an entity."""
    loaded = gallery.load()
    vectors = {}
    for item in items:
        row = loaded.row_of(item.entity.entity_id)
        if row is not None and item.ground_truth and loaded.pictures[row] == item.ground_truth[0].sha256:
            vectors[loaded.pictures[row]] = loaded.features[row]
    return vectors
