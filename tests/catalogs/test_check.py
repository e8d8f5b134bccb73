"""`tracemill check` finds every kind of damage, and says what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalogs.check import check_output
from catalogs.manifest import ShardEntry, manifest_of, write_manifest
from catalogs.shards import sample_of, write_shard


@pytest.fixture
def entry(tmp_path: Path, make_cells: Callable[..., Any], blobs: Any) -> ShardEntry:
    entry = write_shard(tmp_path / "shards", "food", "0", [sample_of(make_cells("Apple"), b"{}", blobs)])
    write_manifest(tmp_path, manifest_of([entry], "1.0"))
    return entry


def found(out: Path) -> list[tuple[str, str]]:
    problems = check_output(out)
    assert all(problem.remedy for problem in problems)
    return [(problem.file, problem.what) for problem in problems]


def test_a_whole_folder_has_no_problems(tmp_path: Path, entry: ShardEntry) -> None:
    assert found(tmp_path) == []


def test_an_empty_folder_has_no_problems(tmp_path: Path) -> None:
    assert found(tmp_path) == []


def test_a_flipped_byte_in_a_picture_is_found(tmp_path: Path, entry: ShardEntry) -> None:
    tar = tmp_path / entry.url
    data = bytearray(tar.read_bytes())
    data[data.index(b"\xff\xd8\xff") + 3] ^= 1
    tar.write_bytes(data)
    whats = [what for _, what in found(tmp_path)]
    assert whats[0] == "its SHA-256 is not the manifest's"
    assert any("ref1.jpg is not at byte" in what for what in whats)


def test_a_cut_tar_is_found(tmp_path: Path, entry: ShardEntry) -> None:
    tar = tmp_path / entry.url
    tar.write_bytes(tar.read_bytes()[:700])
    assert any("bytes long" in what for _, what in found(tmp_path))


@pytest.mark.parametrize("field", ["url", "sidecar"])
def test_a_missing_file_is_found(tmp_path: Path, entry: ShardEntry, field: str) -> None:
    name = getattr(entry, field)
    (tmp_path / name).unlink()
    assert found(tmp_path) == [(name, "missing")]


def test_a_sidecar_that_is_no_parquet_is_found(tmp_path: Path, entry: ShardEntry) -> None:
    (tmp_path / entry.sidecar).write_bytes(b"junk")
    assert any("cannot be read" in what for _, what in found(tmp_path))


def test_strays_are_found(tmp_path: Path, entry: ShardEntry) -> None:
    (tmp_path / "shards" / ".tmp-1-food.tar").touch()
    (tmp_path / "shards" / "old.tar").touch()
    assert found(tmp_path) == [
        ("shards/.tmp-1-food.tar", "left over from an interrupted run"),
        ("shards/old.tar", "not in the manifest"),
    ]


def test_a_damaged_manifest_is_found(tmp_path: Path, entry: ShardEntry) -> None:
    (tmp_path / "manifest.json").write_text("{")
    assert [file for file, _ in found(tmp_path)] == ["manifest.json"]
