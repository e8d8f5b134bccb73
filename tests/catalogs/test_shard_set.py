"""A picture is read by its key, from a disk or a web server, without reading the tar around it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.range_server import serving
from catalogs.errors import ShardError
from catalogs.manifest import manifest_of, write_manifest
from catalogs.shard_set import ShardSet
from catalogs.shards import Sample, sample_of, write_shard
from catalogs.sidecar import ROLES


@pytest.fixture
def samples(tmp_path: Path, make_cells: Callable[..., Any], blobs: Any) -> list[Sample]:
    """Two domains; the first is split into two buckets by the first bit of the entity's id."""
    made = [
        sample_of(make_cells(title, domain), b"{}" * 50_000, blobs)
        for domain in ("food", "toy")
        for title in (f"{domain} {number}" for number in range(6))
    ]
    entries = []
    for domain, bucket in (("food", "b0"), ("food", "b1"), ("toy", "b")):
        members = [
            sample
            for sample in made
            if sample.cells["entity"].domain == domain
            and f"{int(sample.key[:16], 16):064b}".startswith(bucket[1:])
        ]
        members.sort(key=lambda sample: sample.key)
        entries.append(write_shard(tmp_path / "shards", domain, bucket, members))
    write_manifest(tmp_path, manifest_of(entries, "1.0"))
    return made


def test_every_picture_comes_back_from_a_folder(tmp_path: Path, samples: list[Sample]) -> None:
    shards = ShardSet(str(tmp_path))
    for sample in samples:
        assert shards.row(sample.key).title == sample.cells["entity"].title
        for role in ROLES:
            assert shards.picture(sample.key, role) == sample.pictures[role]


def test_a_server_sends_the_picture_and_no_more_of_the_tar(tmp_path: Path, samples: list[Sample]) -> None:
    with serving(tmp_path) as served:
        shards = ShardSet(served.address)
        for sample in samples:
            before = len(served.requests)
            assert shards.picture(sample.key, "target") == sample.pictures["target"]
            tars = [size for path, size in served.requests[before:] if path.endswith(".tar")]
            assert tars == [len(sample.pictures["target"])]
        asked = [path for path, _ in served.requests]
        assert len([path for path in asked if path.endswith(".parquet")]) <= 3, "each sidecar once"
        assert asked.count("/manifest.json") == 1


def test_a_server_without_range_requests_is_told(tmp_path: Path, samples: list[Sample]) -> None:
    with (
        serving(tmp_path, ranges=False) as served,
        pytest.raises(ShardError, match="does not answer range requests"),
    ):
        ShardSet(served.address).picture(samples[0].key, "target")


@pytest.mark.parametrize("key", ["0123456789abcdef-en-0", "", "no key"])
def test_an_unknown_key_is_told(tmp_path: Path, samples: list[Sample], key: str) -> None:
    with pytest.raises(ShardError, match="no shard of"):
        ShardSet(str(tmp_path)).row(key)


def test_an_unknown_role_is_told(tmp_path: Path, samples: list[Sample]) -> None:
    with pytest.raises(ShardError, match="it has ref1, ref2, target, test"):
        ShardSet(str(tmp_path)).picture(samples[0].key, "ref3")


def test_a_folder_without_shards_is_told(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match=r"there is no .*manifest\.json"):
        ShardSet(str(tmp_path))


@pytest.mark.parametrize(("change", "says"), [(b"", "cut"), (b"x", "damaged")])
def test_a_damaged_tar_is_told(tmp_path: Path, samples: list[Sample], change: bytes, says: str) -> None:
    for tar in (tmp_path / "shards").glob("*.tar"):
        tar.write_bytes(change * tar.stat().st_size)
    with pytest.raises(ShardError, match=says):
        ShardSet(str(tmp_path)).picture(samples[0].key, "target")
