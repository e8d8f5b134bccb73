"""Taking something down: a source and everything derived from it leaves the output folder, for good.

What is asked for becomes tombstones (`catalogs.tombstones`), and every result whose documents name one of
them goes, together with all results of that record further down the graph, in every version that the ledger
holds. No model is called: shards are written anew without those trajectories, and the next run computes them
from what is left of the world.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from catalogs.errors import FolderError
from catalogs.files import storing
from catalogs.ledger import Ledger
from catalogs.records import Entity, Picture
from catalogs.results import Entry
from catalogs.tombstones import Tombstone, Tombstones, lay, read_tombstones, together, tombstones
from pipelines.engine.graph import Graph
from pipelines.folder import OutputFolder
from pipelines.gallery import drop_from_gallery
from pipelines.harvesting.surveys import strike
from pipelines.upkeep.answers import Answers, drop_answers
from pipelines.upkeep.reship import lost_result, reship
from pipelines.upkeep.sweep import named_by, remove_blob


@dataclass
class Forgotten:
    """What went."""

    stones: list[Tombstone]
    records: set[str] = field(default_factory=set)
    """Keys of entities and prompts that lost a result."""
    results: Counter[str] = field(default_factory=Counter)
    """Stage -> results, over all versions."""
    micros: int = 0
    """What those have cost, in millionths of money."""
    blobs: int = 0
    answers: Answers = field(default_factory=Answers)
    """Of endpoints and of the web."""
    buckets: list[str] = field(default_factory=list)
    """Those whose table, and shard where it had one, was written anew."""

    def count(self, stage: str, gone: Sequence[Entry]) -> None:
        """Enter results of a stage that went."""
        self.results[stage] += len(gone)
        self.records.update(entry.key for entry in gone)
        self.micros += sum(entry.micros for entry in gone)


def stones_for(folder: OutputFolder, kind: str, value: str, why: str) -> list[Tombstone]:
    """What has to be laid for a request. For an entity (by id or title) that is the entity, its articles, and
    its ground-truth pictures by address and content.

    Raises `FolderError` for an entity that was never harvested, or a hash that is none.
    """
    if kind == "sha256" and not re.fullmatch("[0-9a-f]{64}", value):
        raise FolderError(f"{value!r} is no SHA-256: give 64 hex digits, as `query` lists them (sha256)")
    laid = datetime.now(UTC).isoformat(timespec="seconds")
    named = [(kind, value)] if kind != "entity" else list(_of_entity(folder.ledger, value))
    if not named:
        raise FolderError(
            f"no entity {value!r} was ever harvested in {folder.root}: give its title or its id"
        )
    return [Tombstone(kind=kind, value=value, why=why, laid=laid) for kind, value in dict.fromkeys(named)]


def _of_entity(ledger: Ledger, wanted: str) -> Iterator[tuple[str, str]]:
    for place in ledger.segments():
        if place[0] != "harvest":
            continue
        segment = ledger.alone(*place)
        for entry in segment.entries():
            cells = segment.cells(entry)
            if "entity" not in cells:
                continue
            entity = msgspec.json.decode(cells["entity"], type=Entity)
            if wanted not in (entity.entity_id, entity.title):
                continue
            yield "entity", entity.entity_id
            for article in entity.articles:
                yield "url", article.origin.url
            for picture in msgspec.json.decode(cells["ground_truth"], type=list[Picture]):
                yield "url", picture.origin.url
                yield "sha256", picture.sha256


def forget(folder: OutputFolder, graph: Graph, stones: list[Tombstone], run: str) -> Forgotten:
    """Lay the stones and take out what they cover; the caller holds all domains, and publishes afterwards.

    What a kill has left is found by the same request: the ledger tells what has to go, so it is changed last,
    and in it the result that names something forgotten goes after all that rest on it.
    """
    report = Forgotten(stones)
    with storing(folder.root):
        lay(folder.root, stones)
        laid = read_tombstones(folder.root)
        order = graph.positions
        goes = _Rule(_condemned(folder.ledger, laid, order), order, laid)
        for path in sorted(folder.current.glob("[!.]*.parquet")):
            domain, _, bucket = path.stem.rpartition("-")
            if reship(folder, domain, bucket, goes, laid.entities, run):
                report.buckets.append(path.stem)
        drop_from_gallery(folder, laid)
        strike(folder.surveys, laid)
        report.answers = drop_answers(folder.root, folder.ledger, goes, laid)
        for place in sorted(folder.ledger.segments(), key=lambda place: -order.get(place[0], -1)):
            segment = folder.ledger.alone(*place)
            gone = segment.drop(goes.at(place[0]))
            segment.append(lost_result(entry, run) for entry in gone if goes.is_first(entry.key, place[0]))
            segment.commit()
            report.count(place[0], gone)
        needed = named_by(folder.ledger, folder.ledger.segments())
        for name in sorted(set(folder.blobs.names()) - needed):
            remove_blob(folder, name)
            report.blobs += 1
        shutil.rmtree(folder.root / "gallery", ignore_errors=True)  # pages for review, made on request
    return report


def foresee(folder: OutputFolder, graph: Graph, stones: list[Tombstone]) -> Forgotten:
    """What `forget` would take out, but for pictures and buckets, which are not counted; nothing is laid."""
    report = Forgotten(stones)
    laid = together([*tombstones(folder.root), *stones])
    order = graph.positions
    goes = _Rule(_condemned(folder.ledger, laid, order), order, laid)
    for place in folder.ledger.segments():
        entries = folder.ledger.alone(*place).entries()
        report.count(place[0], [entry for entry in entries if goes(entry.key, place[0])])
    report.answers = drop_answers(folder.root, folder.ledger, goes, laid, dry_run=True)
    return report


def _condemned(ledger: Ledger, stones: Tombstones, order: Mapping[str, int]) -> dict[str, int]:
    """Key -> first stage (as its place in the graph) whose result names something forgotten."""
    first: dict[str, int] = {}
    for place in ledger.segments():
        segment = ledger.alone(*place)
        position = order.get(place[0], 0)
        for entry in segment.entries():
            documents = (bytes(document) for document in segment.cells(entry).values())
            if entry.key.partition("-")[0] in stones.entities or any(map(stones.found_in, documents)):
                first[entry.key] = min(position, first.get(entry.key, position))
    return first


@dataclass(frozen=True)
class _Rule:
    """(key, stage) -> whether a result goes: it names something forgotten, or comes after one that does."""

    first: Mapping[str, int]
    order: Mapping[str, int]
    stones: Tombstones

    def __call__(self, key: str, stage: str) -> bool:
        entity = key.partition("-")[0]
        if entity in self.stones.entities or (entity != key and entity in self.first):
            return True
        return key in self.first and self.order.get(stage, len(self.order)) >= self.first[key]

    def at(self, stage: str) -> Callable[[Entry], bool]:
        """The rule for the results of one stage."""
        return lambda entry: self(entry.key, stage)

    def is_first(self, key: str, stage: str) -> bool:
        """Whether this is the first result that a record lost, and the record is to be computed again."""
        entity = key.partition("-")[0]
        if entity in self.stones.entities or (entity != key and entity in self.first):
            return False
        return self.first.get(key) == self.order.get(stage)
