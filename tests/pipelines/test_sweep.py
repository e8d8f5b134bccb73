"""Sweeping frees what nothing rests on, and never what the current tables rest on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from catalogs.digests import entity_id
from catalogs.records import EntityRef
from pipelines.engine.buckets import Bucket, partition
from pipelines.engine.emit import emit
from pipelines.engine.flow import Flow
from pipelines.engine.graph import Graph
from pipelines.folder import OutputFolder, open_folder
from pipelines.upkeep.sweep import sweep
from tests.pipelines.stages import Mark

BEFORE, AFTER = Graph([Mark()]), Graph([Mark(word="other")])


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    return open_folder(tmp_path / "out", create=True)


def bucket(domain: str, *titles: str) -> Bucket:
    return partition(refs(domain, *titles))[0]


def refs(domain: str, *titles: str) -> list[EntityRef]:
    return [EntityRef(entity_id=entity_id(t), domain=domain, title=t, locator=t) for t in titles]


def bring_up(folder: OutputFolder, graph: Graph, what: Bucket) -> None:
    flow = Flow(graph, folder.ledger, folder.blobs, "r1", lambda *_: None)
    flow.execute(what, range(1))
    walk = dataclasses.replace(flow.finished(what), records=[])
    emit(walk, graph, folder, ships=True, run="r1")


def filed(folder: OutputFolder) -> set[tuple[str, str]]:
    """Fingerprint and domain of every segment."""
    return {place[1:3] for place in folder.ledger.segments()}


def test_a_domain_that_was_not_brought_up_yet_keeps_what_its_shards_rest_on(folder: OutputFolder) -> None:
    food, toy = bucket("food", "soup"), bucket("toy", "ball", "doll")
    old, new = (graph.stages[0].fingerprint for graph in (BEFORE, AFTER))
    for what in (food, toy):
        bring_up(folder, BEFORE, what)
    bring_up(folder, AFTER, toy)
    said = sweep(folder, AFTER, dry_run=True)
    swept = sweep(folder, AFTER)
    assert (said.results, said.bytes) == (swept.results, swept.bytes)
    assert (swept.behind, dict(swept.results)) == (["food"], {"mark": 2})
    assert filed(folder) == {(old, "food"), (new, "toy")}
    bring_up(folder, AFTER, food)
    assert sweep(folder, AFTER).behind == []
    assert filed(folder) == {(new, "food"), (new, "toy")}


def test_results_of_a_bucket_that_split_are_counted_once(folder: OutputFolder) -> None:
    bring_up(folder, BEFORE, bucket("toy", "ball", "doll"))
    for part in partition(refs("toy", "ball", "doll", "kite", "puzzle"), largest=2):
        bring_up(folder, BEFORE, part)
        bring_up(folder, AFTER, part)
    (folder.current / "toy-b.parquet").unlink()
    assert dict(sweep(folder, AFTER).results) == {"mark": 4}
