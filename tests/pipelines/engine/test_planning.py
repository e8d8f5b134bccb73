"""What is planned: buckets with something to do, and nothing looked up for the others."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from catalogs.digests import entity_id
from catalogs.records import EntityRef
from catalogs.stage import Stage
from pipelines.engine.buckets import Bucket, partition
from pipelines.engine.emit import emit
from pipelines.engine.graph import Graph
from pipelines.engine.planning import pending_buckets
from pipelines.folder import OutputFolder, open_folder
from pipelines.runners import Job
from tests.pipelines.stages import Mark


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    return open_folder(tmp_path / "out", create=True)


def buckets(*titles: str, largest: int = 48) -> list[Bucket]:
    refs = [EntityRef(entity_id=entity_id(t), domain="food", title=t, locator=t) for t in titles]
    return partition(refs, largest)


def bring_up(job: Job, buckets: list[Bucket]) -> None:
    for bucket in buckets:
        flow = job.flow(lambda *_: None)
        flow.execute(bucket, range(1))
        walk = dataclasses.replace(flow.finished(bucket), records=[])
        emit(walk, job.graph, OutputFolder(job.out), ships=job.ships, run=job.run)


def test_failures_in_a_domain_of_others_are_left_to_them(folder: OutputFolder) -> None:
    harvest = Job(Graph([Mark()]), folder.root, "r1", ships=False)
    bring_up(harvest, buckets("soup", "late bread"))
    next_run = dataclasses.replace(harvest, run="r2")
    for asked, again, pending in (
        (buckets("soup", "late bread"), True, 1),
        (buckets("soup", "late bread"), False, 0),
        (buckets("soup", "late bread", "stew"), False, 1),
    ):
        assert len(pending_buckets(next_run, asked, again=again)) == pending


def test_stages_are_asked_for_their_fingerprints_once_however_many_buckets_there_are(
    folder: OutputFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real graph takes some milliseconds for it, and a large world has thousands of buckets."""
    many = buckets(*(f"dish {number}" for number in range(40)), largest=4)
    job = Job(Graph([Mark()]), folder.root, "r1", ships=True)
    bring_up(job, many)
    asked = 0

    def fingerprint(self: Stage) -> str:
        nonlocal asked
        asked += 1
        return "f" * 16

    monkeypatch.setattr(Stage, "fingerprint", property(fingerprint))
    assert pending_buckets(job, many) == []
    assert len(many) > 10
    assert asked == 0
