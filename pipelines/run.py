"""A run from end to end: survey, harvest, gallery, trajectories, shards, manifest, splits, catalog, report.

Whatever is finished stays finished: each part looks at what is there before it does anything, and the
manifest, the splits and the catalog are replaced only when what they are made from has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from catalogs.errors import FolderError
from catalogs.files import storing, write_bytes
from catalogs.funnel import Funnel
from catalogs.records import EntityRef
from catalogs.tombstones import read_tombstones
from pipelines.engine.buckets import Bucket, partition
from pipelines.engine.flow import Observer
from pipelines.engine.graph import Graph
from pipelines.engine.holder import new_run
from pipelines.engine.locks import locked, shared
from pipelines.engine.planning import pending_buckets
from pipelines.folder import OutputFolder, claim, must_hold, open_folder
from pipelines.gallery import new_gallery, pinned_gallery, standing_gallery
from pipelines.harvesting.sampling import Chosen, bystanders, choose
from pipelines.harvesting.surveys import survey
from pipelines.models import check_replay, models_of, searching, seeing
from pipelines.profile import Profile
from pipelines.publish import publish
from pipelines.runners import RUNNERS, Job, Runner
from pipelines.splitting.by_text import Splits
from pipelines.status import Status, status_of
from pipelines.terminal.interrupts import hear_interrupts
from pipelines.trajectories import gallery_graph, harvest_graph, trajectory_graph
from sources.entities.opening import linked
from sources.forgotten import without
from sources.interface import Encyclopedia, World
from sources.registry import open_world
from verifiers.negatives import GalleryIndex


class UnknownDomainError(Exception):
    """A domain was asked for that the source does not hold; the message lists those that it does."""


@dataclass(frozen=True)
class Summary:
    """What a run did, for the terminal."""

    run: str
    funnel: Funnel
    shards: int
    trajectories: int
    computed: int
    """Results that stages computed; 0 when everything was known."""
    rewritten: list[str]
    """Buckets whose shard or table was written."""
    splits: Splits
    """The benchmark splits, and how far they were searched for leaks."""


def run(
    profile: Profile,
    out: Path,
    *,
    domains: Sequence[str] = (),
    runner: str = "ray",
    observe: Observer,
    retry: bool = False,
) -> Summary:
    """Bring an output folder up to date with a profile, for some domains or for all.

    `retry` takes up dead letters, and asks again what endpoints refused them. Raises `FolderError` where
    another run works on one of the domains.
    """
    hear_interrupts()
    folder = open_folder(out.resolve(), create=True)
    with storing(folder.root):
        # First, because models that cannot be had end the run, and opening a world may be to index it.
        this = _Run(profile, folder, RUNNERS[runner](), observe, retry=retry)
        stones = read_tombstones(folder.root)
        world, buckets = whole_world(folder, profile)
        chosen = of_domains(buckets, domains)
        with locked(folder, (bucket.domain for bucket in chosen), this.id):
            if read_tombstones(folder.root) != stones:  # to open a source may take hours
                raise FolderError(
                    f"something was forgotten in {folder.root} while its source was opened: give the same "
                    "command again"
                )
            return this.all(world, buckets, chosen)


def planned(profile: Profile, out: Path, *, domains: Sequence[str] = ()) -> Status:
    """What a run would do and cost; computes nothing and writes nothing but the survey of the source."""
    folder = open_folder(out.resolve())
    world, buckets = whole_world(folder, profile)
    must_hold(folder, world.name)
    models = models_of(profile, folder.root)
    check_replay(profile, models)
    gallery = pinned_gallery(folder, models.image_text)
    job = Job(trajectory_graph(world, models, gallery, profile), folder.root, "plan", ships=True)
    return status_of(job, of_domains(buckets, domains))


class _Run:
    def __init__(
        self, profile: Profile, folder: OutputFolder, runner: Runner, observe: Observer, *, retry: bool
    ) -> None:
        now = datetime.now(UTC)
        self.id = new_run(now)
        self._started = now
        self._profile = profile
        self._folder = folder
        self._runner = runner
        self._retry = retry
        self._computed = 0
        self._outside = observe
        self._models = models_of(profile, folder.root)
        check_replay(profile, self._models)
        self._path = folder.runs / f"{self.id}.json"

    def all(self, world: World, buckets: Sequence[Bucket], chosen: Sequence[Bucket]) -> Summary:
        with shared(self._folder, self.id):
            claim(self._folder, world.name)
            gallery = self._harvested(world, buckets, chosen)

        graph = trajectory_graph(world, self._models, gallery, self._profile)
        rewritten = self._bring_up(graph, chosen, ships=True)
        self._record(graph, rewritten)
        with shared(self._folder):
            published = publish(self._folder, buckets, chosen, gallery, facts_of(self._profile))
        return Summary(
            run=self.id,
            funnel=published.funnel,
            shards=len(published.manifest.shardlist),
            trajectories=published.manifest.trajectories,
            computed=self._computed,
            rewritten=rewritten,
            splits=published.splits,
        )

    def _harvested(self, world: World, buckets: Sequence[Bucket], chosen: Sequence[Bucket]) -> GalleryIndex:
        """Bring the harvest up to date, and the gallery where the one that there is does no longer."""
        image_text, others = self._models.image_text, _without(buckets, chosen)
        standing = standing_gallery(self._folder, buckets, image_text)
        if standing is not None:
            self._bring_up(harvest_graph(world), chosen, ships=False, others=others)
            return standing
        graph, beside = gallery_graph(world, self._models), self._beside(world.encyclopedia)
        self._bring_up(graph, chosen, ships=False, others=others)
        self._bring_up(graph, beside, ships=False)  # by itself: its buckets share names with those of the run
        return new_gallery(self._job(graph, ships=False), buckets, beside, image_text)

    def _beside(self, encyclopedia: Encyclopedia) -> list[Bucket]:
        """Entities that the run does not take, for the gallery alone."""
        chosen = sampled(self._folder, encyclopedia, self._profile)
        refs = remembered(self._folder, bystanders(chosen, self._profile.gallery))
        return partition(refs, self._profile.bucket_size)

    def _observe(self, stage: str, outcome: str, count: int) -> None:
        self._computed += count
        self._outside(stage, outcome, count)

    def _job(self, graph: Graph, *, ships: bool) -> Job:
        return Job(graph, self._folder.root, self.id, ships, self._retry, locked=True)

    def _bring_up(
        self, graph: Graph, buckets: Sequence[Bucket], *, ships: bool, others: Sequence[Bucket] = ()
    ) -> list[str]:
        """Run the buckets in which a result is missing or was not written out yet.

        In `others`, on which another run may be at work, failed records are left to it: one that came
        through now would turn up among its own in the middle of the graph.
        """
        job = self._job(graph, ships=ships)
        pending = pending_buckets(job, buckets) + pending_buckets(job, others, again=False)
        if pending:
            self._write_record(graph)
        return sorted(
            f"{report.domain}-{report.bucket}" for report in self._runner.run(job, pending, self._observe)
        )

    def _record(self, graph: Graph, rewritten: list[str]) -> None:
        """Finish the record of this run; one that had nothing to do leaves none."""
        if self._computed or rewritten:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            self._write_record(graph, finished=now, computed=self._computed, rewritten=rewritten)
        else:
            self._path.unlink(missing_ok=True)

    def _write_record(self, graph: Graph, **end: Any) -> None:
        """Before any work, too: results name their run, and are kept where it is killed before its end."""
        record = {
            "run": self.id,
            "started": self._started.isoformat(timespec="seconds"),
            "finished": None,
            "profile": msgspec.to_builtins(self._profile),
            "stages": {stage.label: stage.declaration() for stage in graph.stages},
        }
        write_bytes(self._path, msgspec.json.encode(record | end))


def _without(buckets: Sequence[Bucket], chosen: Sequence[Bucket]) -> list[Bucket]:
    """Buckets of domains that were not chosen."""
    domains = {bucket.domain for bucket in chosen}
    return [bucket for bucket in buckets if bucket.domain not in domains]


def facts_of(profile: Profile) -> dict[str, str]:
    """What the report says of a run's settings."""
    names = ("source", "seed", "limit", "chat", "image_text", "drawing")
    return {name: str(getattr(profile, name)) for name in names}


def whole_world(folder: OutputFolder, profile: Profile) -> tuple[World, list[Bucket]]:
    """The source of a profile, opened, and all its buckets; what was forgotten is in neither."""
    world = opened_world(folder, profile)
    taken = (one.ref for one in sampled(folder, world.encyclopedia, profile) if not one.left_out)
    return world, partition(remembered(folder, taken), profile.bucket_size)


def remembered(folder: OutputFolder, refs: Iterable[EntityRef]) -> Iterator[EntityRef]:
    """Without those that were forgotten."""
    forgotten = read_tombstones(folder.root).entities
    return (ref for ref in refs if ref.entity_id not in forgotten)


def opened_world(folder: OutputFolder, profile: Profile) -> World:
    """The source of a profile with its search back ends, without what was forgotten."""
    world = searching(source_world(folder, profile), profile, folder.root)
    return without(world, read_tombstones(folder.root))


def source_world(folder: OutputFolder, profile: Profile) -> World:
    """The source of a profile with the search that it brings itself, all of it."""
    world = open_world(
        profile.source,
        seed=profile.seed,
        index_root=folder.index,
        fetching=profile.fetching,
        image_text=seeing(profile),
    )
    return linked(world, folder.index) if profile.multi_hop else world


def sampled(folder: OutputFolder, encyclopedia: Encyclopedia, profile: Profile) -> Iterator[Chosen]:
    """Every entity of the source, taken by the quotas of the profile or left out."""
    refs = survey(folder.surveys, encyclopedia)
    return choose(refs, profile.limit, profile.sampling, encyclopedia.languages)


def of_domains(buckets: Sequence[Bucket], domains: Sequence[str]) -> list[Bucket]:
    """Those of some domains, or all; raises `UnknownDomainError`."""
    known = sorted({bucket.domain for bucket in buckets})
    unknown = [domain for domain in domains if domain not in known]
    if unknown:
        raise UnknownDomainError(
            f"no domain {', '.join(unknown)} in this source: it holds {', '.join(known)}"
        )
    return [bucket for bucket in buckets if not domains or bucket.domain in domains]


__all__ = ["Summary", "UnknownDomainError", "of_domains", "run", "sampled", "whole_world"]
