"""verl and Gen-Searcher find prompt, ground truth and reward; the agent never sees the ground truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pyarrow.parquet as pq
import pytest

from catalogs.exports import check_export
from tests.catalogs.exports.shelf import Shelf, dialogue, picture


@pytest.fixture
def filled(shelf: Shelf, tmp_path: Path) -> Path:
    shelf.put([shelf.cells("Apple", pictures={"target": picture("truth")}), shelf.cells("Plum")])
    shelf.put([shelf.cells("Tiger")], domain="animal-plant")
    shelf.export("rl", tmp_path / "to")
    return tmp_path / "to"


def rows(to: Path) -> list[dict[str, Any]]:
    return [row for path in sorted((to / "data").iterdir()) for row in pq.read_table(path).to_pylist()]


def test_rows_have_what_verl_reads(filled: Path) -> None:
    for row in rows(filled):
        assert row["data_source"] == "tracemill"
        assert [message["role"] for message in row["prompt"]] == ["user"]
        truth = json.loads(row["reward_model"]["ground_truth"])
        assert {"prompt", "recaption", "scene", "gt_image"} <= set(truth)
        assert row["extra_info"]["index"]
        # With "model" and a reward model, verl's validation ends at once with no figure.
        assert row["reward_model"]["style"] == "rule"


def test_the_agent_is_not_shown_the_ground_truth(filled: Path) -> None:
    for row in rows(filled):
        assert "images" not in row
        asked = row["prompt"][0]["content"]
        assert json.loads(row["reward_model"]["ground_truth"])["recaption"] not in asked


def test_gen_searcher_finds_every_picture(filled: Path) -> None:
    listed = json.loads((filled / "rl_data.json").read_text())
    assert [row["id"] for row in listed] == [row["extra_info"]["index"] for row in rows(filled)]
    assert all((filled / row["gt_image"]).is_file() and row["prompt"] for row in listed)


def test_datasets_and_polars_open_all_parts_as_one(filled: Path, tmp_path: Path) -> None:
    import datasets

    files = sorted(str(path) for path in (filled / "data").iterdir())
    loaded = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path / "c"))
    assert len(loaded) == 3
    assert pl.read_parquet(filled / "data" / "*.parquet").height == 3


def test_prompts_that_verl_would_filter_out_are_counted(shelf: Shelf, tmp_path: Path) -> None:
    turns = dialogue("Apple")
    turns[0] = msgspec.structs.replace(turns[0], input="long " * 1000)
    shelf.put([shelf.cells("Apple", turns=turns)])
    shelf.export("rl", tmp_path / "to")
    assert json.loads((tmp_path / "to" / "report.json").read_text())["counts"] == {
        "prompts-over-verl-default": 1
    }


def test_a_missing_picture_is_found(filled: Path) -> None:
    next((filled / "images").rglob("*.png")).unlink()
    assert any("is not there" in problem.what for problem in check_export(filled))
