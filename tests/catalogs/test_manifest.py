"""The manifest names the current set, and only changes when the set does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalogs.errors import ShardError
from catalogs.manifest import ShardEntry, manifest_of, read_manifest, remove_unlisted, write_manifest


def entry(domain: str, digest: str = "abc", run: str = "r1") -> ShardEntry:
    name = f"shards/{domain}-0-{digest}"
    return ShardEntry(
        url=f"{name}.tar",
        nsamples=2,
        filesize=10240,
        domain=domain,
        bucket="0",
        digest=digest,
        sha256="1" * 64,
        sidecar=f"{name}.parquet",
        sidecar_sha256="2" * 64,
        run=run,
    )


def test_it_is_an_index_of_webdataset(tmp_path: Path) -> None:
    write_manifest(tmp_path, manifest_of([entry("toy"), entry("food")], "1.0"))
    index = json.loads((tmp_path / "manifest.json").read_text())
    assert index["wids_version"] == 1
    assert [(shard["url"], shard["nsamples"]) for shard in index["shardlist"]] == [
        ("shards/food-0-abc.tar", 2),
        ("shards/toy-0-abc.tar", 2),
    ]
    assert (index["trajectories"], index["domains"]) == (4, {"food": 2, "toy": 2})


def test_it_comes_back_and_is_not_rewritten(tmp_path: Path) -> None:
    manifest = manifest_of([entry("food")], "1.0")
    assert write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest
    assert not write_manifest(tmp_path, manifest)


def test_a_shard_that_stays_keeps_the_run_that_wrote_it() -> None:
    first = manifest_of([entry("food", run="r1"), entry("toy", run="r1")], "1.0")
    second = manifest_of([entry("food", run="r2"), entry("toy", "def", run="r2")], "1.0", previous=first)
    assert [shard.run for shard in second.shardlist] == ["r1", "r2"]


def test_no_manifest_is_no_error(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", '{"wids_version": 1}', "[]"])
def test_a_damaged_manifest_says_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ShardError, match="delete it and run again"):
        read_manifest(tmp_path)


def test_shards_of_former_runs_are_removed(tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    kept, old = entry("food"), entry("food", "old")
    for name in (kept.url, kept.sidecar, old.url, old.sidecar):
        (tmp_path / name).touch()
    assert [path.name for path in remove_unlisted(tmp_path, manifest_of([kept], "1.0"))] == [
        "food-0-old.parquet",
        "food-0-old.tar",
    ]
    assert (tmp_path / kept.url).exists()
