"""Splits as `tracemill split` makes them: every level compared, with training and with external lists.

A run cuts both splits as well, by names and prompts (`pipelines.splitting.by_text`), because it may not wait
for pictures to be compared; it leaves what was searched here as it is, until the world or the training set
changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from catalogs.errors import SplitError
from catalogs.leaks import Collection, LeakReport, find_leaks, read_external, removals
from catalogs.review.report import amend_report
from catalogs.splits.factip import FactipReport
from catalogs.splits.training import write_training_leaks
from catalogs.splits.unified_bench import UnifiedReport
from catalogs.tombstones import read_tombstones
from pipelines.engine.locks import shared
from pipelines.folder import OutputFolder
from pipelines.settings import last_profile
from pipelines.splitting.by_text import current_splits, said_of
from pipelines.splitting.cut import CUTTERS, Search, collection_of
from pipelines.splitting.data import read_split_data
from pipelines.splitting.features import features_of
from pipelines.splitting.pictures import likest_first, with_further_pictures
from pipelines.splitting.place import check_place
from workers.image_text.handle import ImageTextWorker

TRAINING = "training"


@dataclass(frozen=True)
class Split:
    """What was written, and where."""

    directory: Path
    report: FactipReport | UnifiedReport
    training: LeakReport | None
    """What training shares with the external lists; None where none was given."""


def make_splits(
    names: Sequence[str],
    folder: OutputFolder,
    image_text: ImageTextWorker,
    against: Sequence[Path] = (),
    to: Path | None = None,
) -> list[Split]:
    """Write splits (`FACTIP`, `UNIFIED_BENCH`) of an output folder, from one search; a single one into `to`,
    where that is given.

    An item's second picture is the one of its entity that is most like the first, of those that differ from
    it. With external lists, `training` beside the splits says which trajectories to leave out of training.
    Raises `SplitError` for a list that cannot be read, for a folder that holds something else, where the
    split would share an entity with training, or where a run published while pictures were compared.
    """
    if to is not None and len(names) != 1:
        raise ValueError("a folder of its own is for one split")
    directories = [(to or folder.splits / name).resolve() for name in names]
    written = [*directories, directories[0].parent / TRAINING] if against else directories
    for directory in written:
        check_place(directory)
    lists = [read_external(path) for path in against]  # before anything that takes minutes
    data = read_split_data(folder)
    source = str(last_profile(folder).get("source", ""))
    items = with_further_pictures(data.items, source, folder.blobs, read_tombstones(folder.root))
    training = _with_vectors(data.training(folder), folder, image_text)
    external = [_with_vectors(one, folder, image_text) for one in lists]
    ours = _with_vectors(collection_of(items, folder.blobs), folder, image_text, mirrored=True)
    search = Search(
        items=likest_first(items, ours.vectors),
        training=data.training_entities,
        basis=data.basis,
        ours=ours,
        found=find_leaks(ours, [training, *external]),
    )
    with shared(folder):
        if read_split_data(folder).basis != data.basis:
            raise SplitError("a run has published meanwhile: give the command again")
        doubles = _of_training(training, external, directories[0].parent) if external else None
        made = [
            Split(directory, CUTTERS[name](directory, search, folder.blobs), doubles)
            for name, directory in zip(names, directories, strict=True)
        ]
        if to is None and (splits := current_splits(folder, search.basis)):
            amend_report(folder.root, said_of(splits))
    return made


def _of_training(training: Collection, external: Sequence[Collection], beside: Path) -> LeakReport:
    """What training shares with external lists, written."""
    leaks = find_leaks(training, external)
    shared = removals(training, leaks, with_items=True)
    write_training_leaks(beside / TRAINING, shared, leaks.leaks)
    return shared


def _with_vectors(
    collection: Collection, folder: OutputFolder, image_text: ImageTextWorker, *, mirrored: bool = False
) -> Collection:
    """The collection with features of all its pictures that decode, and of their mirror images."""
    return replace(collection, vectors=features_of(collection, folder.index, image_text, mirrored=mirrored))
