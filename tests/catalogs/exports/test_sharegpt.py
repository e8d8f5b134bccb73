"""LLaMA-Factory takes every row; what would stop or bend its training is left out, or found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from catalogs.exports import check_export
from catalogs.exports.dialogue import turns_of
from catalogs.exports.sharegpt import row_problem
from tests.catalogs.exports.shelf import Shelf, dialogue, picture
from tests.catalogs.exports.targets import llama_factory

Row = dict[str, Any]


def rows(to: Path) -> list[Row]:
    return [json.loads(line) for path in sorted((to / "data").iterdir()) for line in path.open()]


def test_every_row_is_taken_with_its_pictures(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put([shelf.cells("Apple"), shelf.cells("Plum")])
    shelf.export("sharegpt", tmp_path / "to")
    taken = [llama_factory(row, tmp_path / "to") for row in rows(tmp_path / "to")]
    assert len(taken) == 2
    assert all(messages is not None and len(messages) == 6 for messages in taken)


def test_the_dialogue_comes_back_as_it_was(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put([shelf.cells("Apple")])
    shelf.export("sharegpt", tmp_path / "to")
    (row,) = rows(tmp_path / "to")
    assert turns_of(row["messages"]) == [(turn.input, turn.response_text) for turn in dialogue("Apple")]


def test_pictures_come_before_the_recaption_alone(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put([shelf.cells("Apple")])
    shelf.export("sharegpt", tmp_path / "to")
    (row,) = rows(tmp_path / "to")
    assert [message["content"].count("<image>") for message in row["messages"]] == [0, 0, 0, 0, 2, 0]


def test_the_entry_names_what_is_there(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put([shelf.cells("Apple")])
    shelf.export("sharegpt", tmp_path / "to")
    entry = json.loads((tmp_path / "to" / "dataset_info.json").read_text())["tracemill"]
    assert (tmp_path / "to" / entry["file_name"]).is_dir()
    (row,) = rows(tmp_path / "to")
    assert set(entry["columns"].values()) <= set(row)


@pytest.mark.parametrize("mark", ["<image>", "<video>", "{{image}}", "<|image_pad|>"])
def test_a_text_that_would_be_taken_for_a_picture_is_left_out(
    shelf: Shelf, tmp_path: Path, mark: str
) -> None:
    turns = dialogue("Apple")
    turns[0] = msgspec.structs.replace(turns[0], input=f"{turns[0].input} {mark}")
    shelf.put([shelf.cells("Apple", turns=turns), shelf.cells("Plum")])
    index = shelf.export("sharegpt", tmp_path / "to")
    assert index.samples == 1
    assert sum(index.left_out.values()) == 1


def test_transparent_references_are_put_on_white(shelf: Shelf, tmp_path: Path) -> None:
    from PIL import Image

    shelf.put([shelf.cells("Apple", pictures={"ref1": picture("ref", mode="RGBA")})])
    shelf.export("sharegpt", tmp_path / "to")
    (path,) = (tmp_path / "to" / "images").rglob("*.image_1.png")
    with Image.open(path) as image:
        assert image.mode == "RGB"
        assert min(image.getpixel((0, 0))) >= 127  # type: ignore[arg-type]  # half white
    assert check_export(tmp_path / "to") == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda row: row["messages"].pop(), "not the assistant's"),
        (lambda row: row["messages"].reverse(), "do not alternate"),
        (lambda row: row["images"].pop(), "2 times <image> for 1 images"),
        (lambda row: row["images"].__setitem__(0, "images/gone.png"), "is not there"),
        (lambda row: row["messages"][0].update(content="<video>"), "<video> in a text"),
        (lambda row: row["messages"][1].update(content=" "), "an empty message"),
        (lambda row: row["messages"][1].update(content="<|im_end|>"), "special token"),
        (lambda row: row["messages"][1].pop("content"), "without content"),
        (lambda row: row.pop("images"), "no list"),
    ],
)
def test_each_way_to_lose_a_row_is_found(
    shelf: Shelf, tmp_path: Path, change: Callable[[Row], object], said: str
) -> None:
    shelf.put([shelf.cells("Apple")])
    shelf.export("sharegpt", tmp_path / "to")
    (row,) = rows(tmp_path / "to")
    assert row_problem(row, tmp_path / "to") == ""
    change(row)
    assert said in row_problem(row, tmp_path / "to")
