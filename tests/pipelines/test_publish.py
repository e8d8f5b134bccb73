"""What is derived from current tables: the splits see reserved entities alone, nothing is made twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import pipelines.publish
from benchmarks.synthetic_catalog import LANGUAGES, World, write_world
from catalogs.splits.factip import BenchmarkItem
from pipelines.costs import history_of
from pipelines.engine.buckets import Bucket
from pipelines.engine.emit import Written, current_path, write_current
from pipelines.folder import OutputFolder
from pipelines.publish import Published, publish
from verifiers.negatives import Gallery, GalleryIndex

ENTITIES = 12


class NoGallery(GalleryIndex):
    """A gallery that holds nobody."""

    def load(self) -> Gallery:
        return Gallery((), (), (), np.zeros((0, 2, 1), np.float32))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return written(tmp_path)


def written(root: Path) -> World:
    """Two buckets, emitted; the shards are empty files."""
    world = write_world(root, 2 * ENTITIES * len(LANGUAGES), entities=ENTITIES)
    shards = {f"{entry.domain}-{entry.bucket}": entry for entry in world.manifest.shardlist}
    for path in world.current:
        shard = shards[path.stem]
        (root / shard.url).touch()
        said = msgspec.json.encode(Written(inputs=path.stem, shard=shard)).decode()
        pq.write_table(
            pq.read_table(path, partitioning=None).replace_schema_metadata({"written": said}), path
        )
    return world


@pytest.fixture
def items(monkeypatch: pytest.MonkeyPatch) -> list[BenchmarkItem]:
    """What the FactIP split was offered; the splits are not written, as there are no pictures."""
    offered: list[BenchmarkItem] = []

    def bring_up_splits(folder: Any, manifest: Any, items: Sequence[BenchmarkItem], gallery: Any) -> Any:
        offered[:] = items
        return SimpleNamespace()

    monkeypatch.setattr(pipelines.publish, "bring_up_splits", bring_up_splits)
    monkeypatch.setattr(pipelines.publish, "said_of", lambda _: {})
    return offered


def buckets_of(world: World) -> list[Bucket]:
    return [
        Bucket(entry.domain, entry.bucket, tuple(ref for ref in world.refs if ref.domain == entry.domain))
        for entry in world.manifest.shardlist
    ]


def published(root: Path, buckets: list[Bucket]) -> Published:
    return publish(OutputFolder(root), buckets, buckets, NoGallery(""), {"source": "synthetic"})


def test_all_that_was_harvested_is_accounted_for(tmp_path: Path, world: World, items: Any) -> None:
    done = published(tmp_path, buckets_of(world))
    harvest, *_, last = done.funnel.stages
    assert (harvest.stage, harvest.entered) == ("harvest", 2 * ENTITIES)
    assert last.kept == done.manifest.trajectories > 0
    for stage in done.funnel.stages:
        ended = sum(stage.rejected.values()) + sum(stage.failed.values())
        assert stage.entered == stage.kept + stage.passed + ended


def test_splits_are_offered_reserved_prompts_with_their_entity(
    tmp_path: Path, world: World, items: list[BenchmarkItem]
) -> None:
    funnel = published(tmp_path, buckets_of(world)).funnel
    (reserve,) = [stage for stage in funnel.stages if stage.stage == "reserve"]
    assert len(items) == sum(reserve.rejected.values()) > 0
    for item in items:
        assert item.prompt.key.partition("-")[0] == item.entity.entity_id
        assert len(item.ground_truth) == 2
    assert [item.prompt.key for item in items] == sorted(item.prompt.key for item in items)


def test_publishing_again_writes_nothing(tmp_path: Path, world: World, items: Any) -> None:
    first = published(tmp_path, buckets_of(world))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    second = published(tmp_path, buckets_of(world))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert second.funnel == first.funnel


def test_a_folder_may_be_called_like_a_pattern(tmp_path: Path, items: Any) -> None:
    world = written(tmp_path / "out")
    root = (tmp_path / "out").rename(tmp_path / "out [1] 'a'=*")
    assert published(root, buckets_of(world)).funnel.stages[0].entered == 2 * ENTITIES
    assert history_of(root / "current").computed["harvest"] == 2 * ENTITIES


def test_another_run_may_replace_tables_of_its_domain_meanwhile(
    tmp_path: Path, world: World, items: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is published is one state of them: shards, and the results that go with them."""
    mine, other = buckets_of(world)
    table = current_path(OutputFolder(tmp_path), other.domain, other.name)
    whole = published(tmp_path, [mine, other])
    (tmp_path / "catalog.duckdb").unlink()
    build = pipelines.publish.build_database

    def meanwhile(*arguments: Any, **inputs: Any) -> bool:
        before = pq.read_table(table, partitioning=None)
        write_current(table, before.filter(pc.equal(before["position"], 0)), Written("later", None))
        return build(*arguments, **inputs)

    monkeypatch.setattr(pipelines.publish, "build_database", meanwhile)
    done = publish(OutputFolder(tmp_path), [mine, other], [mine], NoGallery(""), {})
    assert done.funnel == whole.funnel
    assert not list(tmp_path.glob(".tmp-*"))


def test_the_table_of_a_bucket_that_is_gone_is_forgotten(tmp_path: Path, world: World, items: Any) -> None:
    whole = published(tmp_path, buckets_of(world))
    left = published(tmp_path, buckets_of(world)[:1])
    assert len(list((tmp_path / "current").iterdir())) == 1
    assert left.manifest.trajectories < whole.manifest.trajectories
    assert left.funnel.stages[0].entered == ENTITIES
