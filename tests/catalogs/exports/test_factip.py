"""The benchmark leaves the house with the published columns, both pictures, licences, and a warning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from catalogs.errors import SplitError
from catalogs.exports import ExportError, Settings, check_export, format_of, write_export
from catalogs.exports.factip import PUBLISHED, benchmark
from catalogs.splits.factip_files import BenchmarkItem, write_files
from tests.catalogs.exports.shelf import Shelf, picture

SETTINGS = Settings(split="factip")


@pytest.fixture
def out(shelf: Shelf) -> Path:
    """A split of three items; the last has one picture."""
    items = []
    for title in ("Apple", "Plum", "Fig"):
        cells = shelf.cells(title, pictures={"target": picture(title, mode="RGBA")})
        truth = cells["ground_truth"][: 1 if title == "Fig" else 2]
        items.append(BenchmarkItem(entity=cells["entity"], prompt=cells["prompt"], ground_truth=truth))
    folder = shelf.out / "splits" / "factip"
    folder.mkdir(parents=True)
    write_files(folder, sorted(items, key=lambda item: item.prompt.key), [], [], [], shelf.blobs)
    return shelf.out


def exported(shelf: Shelf, out: Path, name: str, to: Path) -> Any:
    return write_export(to, benchmark(out), format_of(name, "factip"), SETTINGS, shelf.store)


def test_rows_are_the_published_ones_with_pictures(shelf: Shelf, out: Path, tmp_path: Path) -> None:
    index = exported(shelf, out, "hf", tmp_path / "to")
    assert (index.samples, index.left_out) == (2, {"fewer-than-two-pictures": 1})
    assert check_export(tmp_path / "to") == []
    listed = json.loads((out / "splits/factip/test.json").read_text())
    for row in pq.read_table(tmp_path / "to/data/test.parquet").to_pylist():
        assert {name: row[name] for name in PUBLISHED} == listed[row["index"]]
        assert row["seed1"]["bytes"] != row["seed2"]["bytes"]
        assert row["licences"] == ["CC-BY-SA-4.0"]


def test_datasets_and_polars_open_it_as_a_test_split(shelf: Shelf, out: Path, tmp_path: Path) -> None:
    import datasets

    exported(shelf, out, "hf", tmp_path / "to")
    loaded = datasets.load_dataset(str(tmp_path / "to"), split="test", cache_dir=str(tmp_path / "cache"))
    assert [row["seed1"].size for row in loaded] == [(64, 48)] * 2
    assert pl.read_parquet(tmp_path / "to/data/test.parquet").height == 2
    assert "Do not" in (tmp_path / "to/README.md").read_text()


def test_rewards_can_be_validated_on_it(shelf: Shelf, out: Path, tmp_path: Path) -> None:
    exported(shelf, out, "rl", tmp_path / "to")
    assert check_export(tmp_path / "to") == []
    rows = pq.read_table(tmp_path / "to/data/test.parquet").to_pylist()
    assert [row["extra_info"]["split"] for row in rows] == ["factip"] * 3
    assert all(row["prompt"][0]["content"].startswith("A ") for row in rows)


def test_a_split_that_is_missing_or_damaged_says_what_to_run(shelf: Shelf, out: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="tracemill split factip"):
        benchmark(tmp_path)
    next((out / "splits/factip/images").rglob("seed1.*")).write_bytes(b"other")
    with pytest.raises(SplitError, match="is damaged"):
        exported(shelf, out, "hf", tmp_path / "to")
