"""Upkeep of an output folder by the graph of a profile: forgetting, with all published anew, and sweeping."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from pipelines.engine.graph import Graph
from pipelines.engine.holder import new_run
from pipelines.engine.locks import locked, shared
from pipelines.folder import OutputFolder, claim, open_folder
from pipelines.gallery import pinned_gallery
from pipelines.models import models_of
from pipelines.profile import Profile
from pipelines.publish import publish
from pipelines.run import facts_of, source_world, whole_world
from pipelines.trajectories import gallery_graph, trajectory_graph
from pipelines.upkeep.forget import Forgotten, foresee, forget, stones_for
from pipelines.upkeep.indexes import stale_indexes
from pipelines.upkeep.sweep import Swept, drop_folders, sweep


def forget_source(
    profile: Profile, out: Path, kind: str, value: str, why: str, *, dry_run: bool = False
) -> Forgotten:
    """Take a source down and publish what is left, or tell what would go; raises `FolderError` while a run is
    at work."""
    folder = open_folder(out.resolve())
    profile = _calling_nobody(profile, folder)
    run = new_run(datetime.now(UTC))
    stones = stones_for(folder, kind, value, why)
    with _whole(folder, profile) as graph:
        if dry_run:
            return foresee(folder, graph, stones)
        report = forget(folder, graph, stones, run)
        _, buckets = whole_world(folder, profile)
        gallery = pinned_gallery(folder, models_of(profile, folder.root).image_text)
        publish(folder, buckets, buckets, gallery, facts_of(profile))
    return report


def collect_garbage(profile: Profile, out: Path, *, dry_run: bool) -> Swept:
    """Take out what no stage of the profile's graph has written and nothing names.

    Raises `FolderError` while a run is at work, and for a profile of another source than the folder's.
    """
    folder = open_folder(out.resolve())
    profile = _calling_nobody(profile, folder)
    with _whole(folder, profile) as graph:
        world = source_world(folder, profile)
        claim(folder, world.name)
        seen = gallery_graph(world, models_of(profile, folder.root)).stages
        swept = sweep(folder, graph, seen, dry_run=dry_run)
        drop_folders(swept, stale_indexes(folder.index, world), dry_run=dry_run)
        return swept


def _calling_nobody(profile: Profile, folder: OutputFolder) -> Profile:
    """The profile as for a replay: upkeep makes no call, so it needs no key. Fingerprints are the same."""
    return msgspec.structs.replace(profile, replay=str(folder.root / "calls"))


@contextmanager
def _whole(folder: OutputFolder, profile: Profile) -> Iterator[Graph]:
    """The graph of a profile, with every domain held: nobody else may be at work."""
    world, buckets = whole_world(folder, profile)
    models = models_of(profile, folder.root)
    domains = {bucket.domain for bucket in buckets} | {place[2] for place in folder.ledger.segments()}
    with locked(folder, domains), shared(folder):
        yield trajectory_graph(world, models, pinned_gallery(folder, models.image_text), profile)
