"""A run from end to end: survey, harvest, gallery, trajectories, shards, manifest, splits, catalog, report.

Whatever is finished stays finished: each part looks at what is there before it does anything, and the
manifest, the splits and the catalog are replaced only when what they are made from has changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from catalogs.digests import digest
from catalogs.files import write_bytes
from catalogs.funnel import Funnel
from catalogs.records import EntityRef
from pipelines.buckets import Bucket, partition
from pipelines.emit import inputs_of, written_from
from pipelines.flow import Flow, Observer
from pipelines.folder import OutputFolder, claim, locked, open_folder
from pipelines.gallery import gallery_of
from pipelines.graph import Graph
from pipelines.models import models_of
from pipelines.profile import Profile
from pipelines.publish import publish
from pipelines.runners import RUNNERS, Job, Runner
from pipelines.trajectories import harvest_graph, trajectory_graph
from sources.interface import Encyclopedia, World
from sources.registry import open_world


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


def run(
    profile: Profile, out: Path, *, domains: Sequence[str] = (), runner: str = "ray", observe: Observer
) -> Summary:
    """Bring an output folder up to date with a profile, for some domains or for all."""
    folder = open_folder(out.resolve(), create=True)
    with locked(folder):
        return _Run(profile, folder, RUNNERS[runner](), observe).all(domains)


class _Run:
    def __init__(self, profile: Profile, folder: OutputFolder, runner: Runner, observe: Observer) -> None:
        now = datetime.now(UTC)
        self.id = f"{now:%Y%m%dT%H%M%S}-{os.getpid()}"
        self._started = now
        self._profile = profile
        self._folder = folder
        self._runner = runner
        self._computed = 0
        self._outside = observe
        self._models = models_of(profile)

    def all(self, domains: Sequence[str]) -> Summary:
        world, buckets = whole_world(self._folder, self._profile)
        claim(self._folder, world.name)
        chosen = _of_domains(buckets, domains)

        harvest = harvest_graph(world)
        self._bring_up(harvest, buckets, ships=False)
        gallery = gallery_of(self._flow(harvest), buckets, self._folder, self._models.image_text)

        graph = trajectory_graph(world, self._models, gallery, self._profile)
        rewritten = self._bring_up(graph, chosen, ships=True)
        if self._computed or rewritten:
            self._record(graph, rewritten)
        published = publish(self._folder, buckets, chosen, gallery, self._facts())
        return Summary(
            run=self.id,
            funnel=published.funnel,
            shards=len(published.manifest.shardlist),
            trajectories=published.manifest.trajectories,
            computed=self._computed,
            rewritten=rewritten,
        )

    def _facts(self) -> dict[str, str]:
        names = ("source", "seed", "limit", "chat", "image_text", "drawing")
        return {name: str(getattr(self._profile, name)) for name in names}

    def _observe(self, stage: str, outcome: str, count: int) -> None:
        self._computed += count
        self._outside(stage, outcome, count)

    def _flow(self, graph: Graph) -> Flow:
        return Flow(graph, self._folder.ledger, self._folder.blobs, self.id, self._observe)

    def _bring_up(self, graph: Graph, buckets: Sequence[Bucket], *, ships: bool) -> list[str]:
        """Run the buckets in which a result is missing or was not written out yet."""
        flow = self._flow(graph)
        job = Job(graph, self._folder.root.resolve(), self.id, ships)
        pending = [bucket for bucket in buckets if self._is_pending(flow, bucket, ships=ships)]
        return sorted(
            f"{report.domain}-{report.bucket}" for report in self._runner.run(job, pending, self._observe)
        )

    def _is_pending(self, flow: Flow, bucket: Bucket, *, ships: bool) -> bool:
        walk = flow.plan(bucket)
        if walk.missing or not ships:
            return bool(walk.missing)
        written = written_from(self._folder, bucket.domain, bucket.name)
        return written is None or written[0] != inputs_of(walk)

    def _record(self, graph: Graph, rewritten: list[str]) -> None:
        record = {
            "run": self.id,
            "started": self._started.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "profile": msgspec.to_builtins(self._profile),
            "stages": {stage.label: stage.declaration() for stage in graph.stages},
            "computed": self._computed,
            "rewritten": rewritten,
        }
        write_bytes(self._folder.runs / f"{self.id}.json", msgspec.json.encode(record))


def whole_world(folder: OutputFolder, profile: Profile) -> tuple[World, list[Bucket]]:
    """The source of a profile, opened, and all its buckets."""
    world = open_world(profile.source, seed=profile.seed, index_root=folder.index)
    refs = limited(survey(folder, world.encyclopedia), profile.limit)
    return world, partition(refs, profile.bucket_size)


def survey(folder: OutputFolder, encyclopedia: Encyclopedia) -> list[EntityRef]:
    """All entities of a source; listed once for each revision of it."""
    name = digest(f"{encyclopedia.name}@{encyclopedia.revision}")[:16]
    path = folder.surveys / f"{name}.jsonl"
    if not path.exists():
        lines = [msgspec.json.encode(ref) for ref in encyclopedia.survey()]
        write_bytes(path, b"\n".join(lines))
    return [msgspec.json.decode(line, type=EntityRef) for line in path.read_bytes().splitlines()]


def limited(refs: Iterable[EntityRef], limit: int) -> list[EntityRef]:
    """At most `limit` entities a domain, those with the smallest ids; all for 0.

    Ids are hashes, so this is a random sample that only grows when the limit does.
    """
    kept: dict[str, list[EntityRef]] = {}
    for ref in sorted(refs, key=lambda ref: ref.entity_id):
        members = kept.setdefault(ref.domain, [])
        if not limit or len(members) < limit:
            members.append(ref)
    return [ref for domain in sorted(kept) for ref in kept[domain]]


def _of_domains(buckets: Sequence[Bucket], domains: Sequence[str]) -> list[Bucket]:
    known = sorted({bucket.domain for bucket in buckets})
    unknown = [domain for domain in domains if domain not in known]
    if unknown:
        raise UnknownDomainError(
            f"no domain {', '.join(unknown)} in this source: it holds {', '.join(known)}"
        )
    return [bucket for bucket in buckets if not domains or bucket.domain in domains]


__all__ = ["Summary", "UnknownDomainError", "limited", "run", "survey"]
