"""BAGEL's three loaders take every row and see what was meant."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalogs.exports import check_export
from catalogs.exports.bagel import EDIT
from tests.catalogs.exports.shelf import Shelf, dialogue, picture
from tests.catalogs.exports.targets import bagel_edit, bagel_vlm


@pytest.fixture
def filled(shelf: Shelf, tmp_path: Path) -> Path:
    pictures = {"ref1": picture("ref"), "test": picture("drawing")}
    shelf.put([shelf.cells(f"Apple {number}", pictures=pictures) for number in range(20)])
    shelf.export("bagel", tmp_path / "to")
    return tmp_path / "to"


def one_file(folder: Path) -> Path:
    (path,) = (p for p in folder.iterdir() if p.is_file())
    return path


def test_an_edit_goes_from_the_reference_to_the_drawing(filled: Path) -> None:
    rows = pq.read_table(one_file(filled / "edit")).to_pylist()
    assert len(rows) == 20
    for row in rows:
        seen, said, drawn = bagel_edit(row)
        assert (seen, drawn) == (picture("ref"), picture("drawing"))
        assert str(said).startswith("A Apple")


def test_captions_are_a_mapping_of_texts(filled: Path) -> None:
    frame = pl.read_parquet(one_file(filled / "t2i"))
    captions = [json.loads(text) for text in frame["captions"]]
    assert all(list(one) == ["prompt"] and one["prompt"] for one in captions)
    assert frame["image"].to_list() == [picture("drawing")] * 20


def test_row_groups_are_small_and_counted(filled: Path) -> None:
    info = json.loads((filled / "parquet_info" / "edit.json").read_text())
    path = one_file(filled / "edit")
    assert info == {f"edit/{path.name}": {"num_row_groups": 2, "num_rows": 20}}


def test_dialogues_keep_replies_and_pictures(filled: Path) -> None:
    row = json.loads(one_file(filled / "vlm").open().readline())
    items = bagel_vlm(row)
    assert [text for text, _ in items].count("<image>") == len(row["image"]) == 2
    learned = [text for text, loss in items if loss]
    word = row["conversations"][0]["value"].rpartition(" for ")[2].rstrip(".")
    assert learned == [turn.response_text for turn in dialogue(word)]
    assert all((filled / "vlm" / image).is_file() for image in row["image"])


def lose_info(to: Path) -> None:
    (to / "parquet_info" / "edit.json").write_text("{}")


def three_pictures(to: Path) -> None:
    path = one_file(to / "edit")
    rows = pq.read_table(path).to_pylist()
    rows[0]["image_list"].append(rows[0]["image_list"][0])
    pq.write_table(pa.Table.from_pylist(rows, schema=EDIT), path, row_group_size=16)


def no_caption(to: Path) -> None:
    path = one_file(to / "t2i")
    frame = pl.read_parquet(path).with_columns(captions=pl.lit("{}"))
    frame.write_parquet(path)


def lose_picture(to: Path) -> None:
    next((to / "vlm" / "images").rglob("*.png")).unlink()


@pytest.mark.parametrize("damage", [lose_info, three_pictures, no_caption, lose_picture])
def test_each_way_to_lose_a_row_is_found(filled: Path, damage: Callable[[Path], None]) -> None:
    assert check_export(filled) == []
    damage(filled)
    said: list[Any] = [problem.what for problem in check_export(filled)]
    assert any(word in what for what in said for word in ("passed over", "misread", "dropped"))


@pytest.mark.parametrize("role", ["ref1", "ref2", "test"])
def test_a_picture_that_the_loader_would_refuse_is_left_out_and_counted(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    monkeypatch.setattr("catalogs.exports.bagel.MOST_PIXELS", 5_000)
    large = {role: picture("large", (200, 100))}
    shelf.put([shelf.cells("Apple", pictures=large), shelf.cells("Plum")])
    index = shelf.export("bagel", tmp_path / "to")
    assert (index.samples, index.left_out) == (1, {"picture-too-large": 1})
    assert check_export(tmp_path / "to") == []
