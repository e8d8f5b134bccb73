"""Splits as `tracemill split` makes them: every level compared, with training and with external lists.

A run cuts both splits as well, by ids alone, because it may not wait for pictures to be compared; it leaves a
split that was searched as it is, until the world or the training set changes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from catalogs.leaks import Collection, Found, Item, LeakReport, find_leaks, read_external, removals
from catalogs.splits.factip import BenchmarkItem, FactipReport, write_factip
from catalogs.splits.training import write_training_leaks
from catalogs.splits.unified_bench import SourcePicture, UnifiedReport, write_unified_bench
from pipelines.folder import OutputFolder
from pipelines.splitting.data import SplitData, read_split_data
from pipelines.splitting.features import features_of
from pipelines.splitting.pictures import likest_first, with_further_pictures
from workers.image_text.handle import ImageTextWorker

FACTIP, UNIFIED_BENCH, TRAINING = "factip", "unified-bench", "training"


@dataclass(frozen=True)
class Split:
    """What was written, and where."""

    directory: Path
    report: FactipReport | UnifiedReport
    training: LeakReport | None
    """What training shares with the external lists; None where none was given."""


def make_split(
    name: str, folder: OutputFolder, image_text: ImageTextWorker, against: Sequence[Path], to: Path | None
) -> Split:
    """Write the split `name` (`FACTIP` or `UNIFIED_BENCH`) of an output folder into `to`.

    An item's second picture is the one of its entity that is most like the first, of those that differ from
    it. With external lists, `training` beside the split says which trajectories to leave out of training.
    Raises `SplitError` for a list that cannot be read, or where the split would share an entity with
    training.
    """
    data = read_split_data(folder)
    source = str(last_profile(folder).get("source", ""))
    data = replace(data, items=with_further_pictures(data.items, source, folder.blobs))
    training = _with_vectors(data.training(folder), folder, image_text)
    external = [_with_vectors(read_external(path), folder, image_text) for path in against]
    directory = (to or folder.splits / name).resolve()
    ours = _with_vectors(_ours(name, data, folder), folder, image_text, mirrored=True)
    data = replace(data, items=likest_first(data.items, ours.vectors))
    found = find_leaks(ours, [training, *external])
    report = _write(name, directory, data, folder, ours, found)
    shared = None
    if external:
        leaks = find_leaks(training, external)
        shared = removals(training, leaks, with_items=True)
        write_training_leaks(directory.parent / TRAINING, shared, leaks.leaks)
    return Split(directory, report, shared)


def last_profile(folder: OutputFolder) -> dict[str, Any]:
    """The profile of the newest run that computed anything; empty where none is on record."""
    runs = sorted(folder.runs.glob("[!.]*.json"))
    return dict(json.loads(runs[-1].read_bytes())["profile"]) if runs else {}


def _write(
    name: str, directory: Path, data: SplitData, folder: OutputFolder, ours: Collection, found: Found
) -> FactipReport | UnifiedReport:
    leaks = removals(ours, found)
    if name == FACTIP:
        ids = data.training_entities
        return write_factip(directory, data.items, ids, folder.blobs, leaks=leaks, found=found.leaks)
    sources = [source for source in _sources(data.items) if source.picture.sha256 in ours.vectors]
    vectors = [ours.vectors[source.picture.sha256][0] for source in sources]
    features = np.stack(vectors) if vectors else np.zeros((0, 1), np.float32)
    return write_unified_bench(directory, sources, features, folder.blobs, leaks=leaks, found=found.leaks)


def _ours(name: str, data: SplitData, folder: OutputFolder) -> Collection:
    """The split before anything is taken out; of Unified-Bench, which names nothing, the pictures."""
    items = [
        Item(
            key=item.prompt.key,
            prompt=item.prompt.text,
            language=item.prompt.language,
            entity_id=item.entity.entity_id,
            pictures=tuple(picture.sha256 for picture in item.ground_truth),
        )
        for item in data.items
    ]
    return Collection(
        name=name,
        items=items if name == FACTIP else [],
        entities={item.entity.entity_id: item.entity for item in data.items if name == FACTIP},
        pictures=sorted({picture for item in items for picture in item.pictures}),
        load=folder.blobs.get,
    )


def _sources(items: Sequence[BenchmarkItem]) -> list[SourcePicture]:
    """All pictures of all entities, those of one entity in their order."""
    entities = {item.entity.entity_id: item for item in items}
    return [
        SourcePicture(
            entity_id=entity_id, title=item.entity.title, domain=item.entity.domain, picture=picture
        )
        for entity_id, item in sorted(entities.items())
        for picture in item.ground_truth
    ]


def _with_vectors(
    collection: Collection, folder: OutputFolder, image_text: ImageTextWorker, *, mirrored: bool = False
) -> Collection:
    """The collection with features of all its pictures that decode, and of their mirror images."""
    return replace(collection, vectors=features_of(collection, folder.index, image_text, mirrored=mirrored))
