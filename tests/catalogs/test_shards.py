"""Shards are readable by webdataset, the same bytes every time, and addressed by offset."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import webdataset
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogs.arrow import from_table
from catalogs.errors import ShardError
from catalogs.shards import Sample, sample_of, write_shard
from catalogs.sidecar import TrajectoryRow
from catalogs.tar import TarWriter

MakeCells = Callable[..., dict[str, Any]]


@pytest.fixture
def samples(make_cells: MakeCells, blobs: Any) -> list[Sample]:
    made = [
        sample_of(make_cells(title), f'{{"ip_name":"{title}"}}'.encode(), blobs)
        for title in ("Apple", "Plum", "Fig")
    ]
    return sorted(made, key=lambda sample: sample.key)


def test_webdataset_reads_every_member(tmp_path: Path, samples: list[Sample]) -> None:
    entry = write_shard(tmp_path / "shards", "food", "0", samples)
    read = list(webdataset.WebDataset(str(tmp_path / entry.url), shardshuffle=False))
    assert [sample["__key__"] for sample in read] == [sample.key for sample in samples]
    for got, given_ in zip(read, samples, strict=True):
        assert got["json"] == given_.trajectory
        assert got["ref1.jpg"] == given_.pictures["ref1"]
        assert got["ref2.webp"] == given_.pictures["ref2"]
        assert got["target.png"] == given_.pictures["target"]
        assert got["test.png"] == given_.pictures["test"]


def test_webdataset_decodes_pictures_and_json(tmp_path: Path, samples: list[Sample]) -> None:
    entry = write_shard(tmp_path / "shards", "food", "0", samples)
    sample = next(iter(webdataset.WebDataset(str(tmp_path / entry.url), shardshuffle=False).decode("pil")))
    assert sample["ref1.jpg"].size == (24, 16)
    assert set(sample["json"]) == {"ip_name"}


def test_same_trajectories_give_same_bytes(tmp_path: Path, samples: list[Sample]) -> None:
    first, second = (write_shard(tmp_path / name / "shards", "food", "0", samples) for name in "ab")
    assert first == second
    for name in (first.url, first.sidecar):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_second_run_writes_nothing(tmp_path: Path, samples: list[Sample]) -> None:
    write_shard(tmp_path / "shards", "food", "0", samples)
    before = {
        path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (tmp_path / "shards").iterdir()
    }
    write_shard(tmp_path / "shards", "food", "0", samples)
    after = {
        path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (tmp_path / "shards").iterdir()
    }
    assert after == before
    assert len(after) == 2


def test_a_changed_score_changes_the_name(
    tmp_path: Path, samples: list[Sample], make_cells: MakeCells
) -> None:
    entry = write_shard(tmp_path / "shards", "food", "0", samples[:1])
    cells = dict(samples[0].cells) | {"text_trace": make_cells("Other")["text_trace"]}
    changed = Sample(
        key=samples[0].key, trajectory=samples[0].trajectory, pictures=samples[0].pictures, cells=cells
    )
    assert write_shard(tmp_path / "shards", "food", "0", [changed]).url != entry.url


def test_the_sidecar_finds_each_picture_by_offset(tmp_path: Path, samples: list[Sample]) -> None:
    entry = write_shard(tmp_path / "shards", "food", "0", samples)
    rows = from_table(pq.read_table(tmp_path / entry.sidecar), TrajectoryRow)
    tar = (tmp_path / entry.url).read_bytes()
    for row, sample in zip(rows, samples, strict=True):
        assert [picture.role for picture in row.pictures] == ["ref1", "ref2", "target", "test"]
        for picture in row.pictures:
            end = picture.offset + picture.size
            assert tar[picture.offset : end] == sample.pictures[picture.role]
            assert picture.origin.licence == "CC-BY-SA-4.0"


def test_the_row_tells_of_the_accepted_attempt(tmp_path: Path, make_cells: MakeCells, blobs: Any) -> None:
    sample = sample_of(make_cells("Apple", attempts=2), b"{}", blobs)
    entry = write_shard(tmp_path / "shards", "food", "0", [sample])
    (row,) = from_table(pq.read_table(tmp_path / entry.sidecar), TrajectoryRow)
    assert (row.attempts, row.test_seed, row.similarity, row.margin) == (2, 2, 0.82, 0.32)
    assert row.models == ["compositor@1", "lit@1", "rules@1"]
    assert "Author of Apple truth" in row.credits


def test_an_unverified_record_does_not_enter(tmp_path: Path, make_cells: MakeCells, blobs: Any) -> None:
    with pytest.raises(ValueError, match="verified"):
        sample_of(make_cells("Apple") | {"attempts": []}, b"{}", blobs)


@pytest.mark.parametrize("key", ["a.b", "a/b", "", "é", "k" * 81])
def test_unsafe_keys_are_refused(tmp_path: Path, samples: list[Sample], key: str) -> None:
    sample = Sample(key=key, trajectory=b"{}", pictures={}, cells=samples[0].cells)
    with pytest.raises(ShardError, match="not safe"):
        write_shard(tmp_path, "food", "0", [sample])
    assert list(tmp_path.iterdir()) == []


def test_disorder_and_emptiness_are_refused_and_leave_nothing(tmp_path: Path, samples: list[Sample]) -> None:
    with pytest.raises(ShardError, match="ascending"):
        write_shard(tmp_path, "food", "0", samples[::-1])
    with pytest.raises(ShardError, match="no sample"):
        write_shard(tmp_path, "food", "0", [])
    assert list(tmp_path.iterdir()) == []


def test_a_page_dressed_as_a_picture_is_refused(tmp_path: Path, samples: list[Sample]) -> None:
    sample = Sample(key="a", trajectory=b"{}", pictures={"ref1": b"<html>"}, cells=samples[0].cells)
    with pytest.raises(ShardError, match="neither JPEG"):
        write_shard(tmp_path, "food", "0", [sample])


def test_damaged_files_of_a_shard_are_written_again(tmp_path: Path, samples: list[Sample]) -> None:
    entry = write_shard(tmp_path / "shards", "food", "0", samples)
    paths = [tmp_path / entry.url, tmp_path / entry.sidecar]
    whole = [path.read_bytes() for path in paths]
    for path, data in zip(paths, whole, strict=True):
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert write_shard(tmp_path / "shards", "food", "0", samples) == entry
    assert [path.read_bytes() for path in paths] == whole


members = st.dictionaries(
    st.from_regex(r"[a-z0-9_-]{1,90}\.json", fullmatch=True), st.binary(max_size=1500), max_size=5
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(members)
def test_any_members_come_back_through_the_standard_library(
    tmp_path: Path, content: dict[str, bytes]
) -> None:
    path = tmp_path / "any.tar"
    with path.open("wb") as file:
        tar = TarWriter(file)
        placed = [tar.add(name, data) for name, data in content.items()]
        tar.finish()
    with tarfile.open(path) as archive:
        infos = archive.getmembers()
        assert {info.name: archive.extractfile(info).read() for info in infos} == content  # type: ignore[union-attr]
        assert [info.offset_data for info in infos] == [member.offset for member in placed]
        assert all((info.mtime, info.uid, info.gid, info.mode) == (0, 0, 0, 0o644) for info in infos)
    assert path.stat().st_size % 10240 == 0
