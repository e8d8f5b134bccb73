"""The parts of `tracemill check`, on folders made by hand; tests/pipelines/test_damage.py plants damage in
the output of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalogs.blobs import BlobStore
from catalogs.check import Problem, check_output
from catalogs.check.blobs import check_blobs
from catalogs.check.current import Current
from catalogs.check.ledger import check_ledger
from catalogs.check.shards import check_shards
from catalogs.check.splits import check_splits
from catalogs.digests import digest, encode, sha256
from catalogs.ledger import Ledger
from catalogs.manifest import ShardEntry, manifest_of, write_manifest
from catalogs.results import KEPT, Entry
from catalogs.shards import sample_of, write_shard
from catalogs.splits.unified_bench import PROTOCOL


@pytest.fixture
def entry(tmp_path: Path, make_cells: Callable[..., Any], blobs: Any) -> ShardEntry:
    entry = write_shard(tmp_path / "shards", "food", "b", [sample_of(make_cells("Apple"), b"{}", blobs)])
    write_manifest(tmp_path, manifest_of([entry], "1.0"))
    return entry


def shards_of(out: Path, entry: ShardEntry) -> list[tuple[str, str]]:
    current = Current(shards={entry.url: entry}, tables={"food-b"})
    return found(check_shards(out, current))


def found(problems: Iterator[Problem] | list[Problem]) -> list[tuple[str, str]]:
    problems = list(problems)
    assert all(problem.remedy for problem in problems)
    return [(problem.file, problem.what) for problem in problems]


def results(number: int, column: str = "drawings", document: bytes = b"[]") -> list[Entry]:
    return [
        Entry(
            key=f"k{n}",
            inputs="i",
            outcome=KEPT,
            cells={column: msgspec.Raw(document)},
            digests={column: digest(document)},
        )
        for n in range(number)
    ]


def test_a_new_folder_is_sound(tmp_path: Path) -> None:
    (tmp_path / "tracemill.json").write_text('{"layout": 1}')
    assert check_output(tmp_path) == []


def test_whole_shards_have_no_problems(tmp_path: Path, entry: ShardEntry) -> None:
    assert shards_of(tmp_path, entry) == []


def test_the_damaged_picture_of_a_tar_is_named(tmp_path: Path, entry: ShardEntry) -> None:
    tar = tmp_path / entry.url
    data = bytearray(tar.read_bytes())
    data[data.index(b"\xff\xd8\xff") + 3] ^= 1
    tar.write_bytes(data)
    ((file, what),) = shards_of(tmp_path, entry)
    assert file == entry.url
    assert what.startswith("its SHA-256")
    assert what.endswith("ref1.jpg")


def test_a_sidecar_that_is_no_parquet_is_named(tmp_path: Path, entry: ShardEntry) -> None:
    (tmp_path / entry.sidecar).write_bytes(b"junk")
    ((file, what),) = shards_of(tmp_path, entry)
    assert (file, what[:14]) == (entry.sidecar, "cannot be read")


@pytest.mark.parametrize("field", ["url", "sidecar"])
def test_a_missing_file_is_named(tmp_path: Path, entry: ShardEntry, field: str) -> None:
    name = getattr(entry, field)
    (tmp_path / name).unlink()
    assert shards_of(tmp_path, entry) == [(name, "missing")]


def test_a_torn_end_of_a_journal_is_no_damage(tmp_path: Path) -> None:
    """A kill leaves it, and the next run goes on from there."""
    Ledger(tmp_path / "ledger").segment("draw", "f", "food", "b").append(results(3))
    (journal,) = tmp_path.rglob("*.journal")
    journal.write_bytes(journal.read_bytes()[:-5])
    assert check_ledger(tmp_path).problems == []


@pytest.mark.parametrize("at", [2, 20], ids=["length", "body"])
def test_a_broken_frame_before_whole_ones_is_damage(tmp_path: Path, at: int) -> None:
    Ledger(tmp_path / "ledger").segment("draw", "f", "food", "b").append(results(4))
    (journal,) = tmp_path.rglob("*.journal")
    data = bytearray(journal.read_bytes())
    second = len(data) // 4
    data[second + at] ^= 64
    journal.write_bytes(data)
    whats = [what for _, what in found(check_ledger(tmp_path).problems)]
    assert whats == [f"is damaged at byte {second}, before 2 results"]


def test_a_document_that_its_digest_does_not_fit_is_named(tmp_path: Path) -> None:
    segment = Ledger(tmp_path / "ledger").segment("draw", "f", "food", "b")
    spoilt = results(3)
    spoilt[1].cells = {"drawings": msgspec.Raw(b"[1]")}
    segment.append(spoilt)
    segment.commit()
    assert found(check_ledger(tmp_path).problems) == [
        ("ledger/draw/f/food/b.parquet", "1 of 3 results are not as their digests say, k1 first")
    ]


def test_the_results_that_a_missing_blob_came_from_are_named(tmp_path: Path) -> None:
    name = BlobStore(tmp_path / "blobs").put(b"picture")
    segment = Ledger(tmp_path / "ledger").segment("draw", "f", "food", "b0")
    segment.append(results(1, document=b'[{"sha256":"%s"}]' % name.encode()))
    segment.commit()
    (tmp_path / "current").mkdir()
    for table in ("food-b", "food-b01", "food-b1", "fast-food-b0"):
        (tmp_path / "current" / f"{table}.parquet").touch()
    pictures = check_ledger(tmp_path).pictures
    assert list(check_blobs(tmp_path, pictures)) == []
    BlobStore(tmp_path / "blobs").path(name).unlink()
    (problem,) = check_blobs(tmp_path, pictures)
    assert problem.what == "missing"
    assert problem.delete == [
        "ledger/draw/f/food/b0.parquet",
        "current/food-b.parquet",
        "current/food-b01.parquet",
    ]


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """Both splits, with one picture in the second."""
    for name, rows in (
        ("factip", pa.table({"pictures": [], "ground_truth": [], "item": []})),
        (
            "unified-bench",
            pa.table({"file": ["images/0.png"], "source": [{"picture": {"sha256": sha256(b"picture")}}]}),
        ),
    ):
        folder = tmp_path / "splits" / name
        folder.mkdir(parents=True)
        pq.write_table(rows, folder / "items.parquet")
        (folder / "report.json").write_bytes(encode({"held": rows.num_rows}))
        (folder / "test.json").write_bytes(b"{}")
        (folder / "protocol.json").write_bytes(encode(PROTOCOL))
    (tmp_path / "splits" / "unified-bench" / "images").mkdir()
    picture = tmp_path / "splits" / "unified-bench" / "images" / "0.png"
    picture.write_bytes(b"picture")
    return picture


def test_a_whole_split_has_no_problems(tmp_path: Path, split: Path) -> None:
    assert found(check_splits(tmp_path)) == []


def test_an_altered_picture_of_a_split_is_named(tmp_path: Path, split: Path) -> None:
    split.write_bytes(b"picturE")
    assert found(check_splits(tmp_path)) == [("splits/unified-bench", "images/0.png is altered")]


def test_a_missing_picture_of_a_split_is_named(tmp_path: Path, split: Path) -> None:
    split.unlink()
    assert found(check_splits(tmp_path)) == [("splits/unified-bench", "images/0.png is missing")]


def test_a_file_that_is_no_blob_is_named(tmp_path: Path) -> None:
    (tmp_path / "blobs" / "ab").mkdir(parents=True)
    (tmp_path / "blobs" / "ab" / "holiday.jpg").write_bytes(b"picture")
    (tmp_path / "blobs" / "notes.txt").write_bytes(b"text")
    assert found(check_blobs(tmp_path, {})) == [
        ("blobs/ab/holiday.jpg", "is no blob"),
        ("blobs/notes.txt", "is no blob"),
    ]
