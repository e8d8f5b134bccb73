"""A trajectory that says it needed no search: one question, one answer, no pictures between them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from catalogs import records as r
from catalogs.exports import FORMATS, check_export
from catalogs.exports.hf import document_of
from catalogs.trajectory import render_recaption
from tests.catalogs.exports.shelf import Shelf
from tests.catalogs.exports.targets import llama_factory

PROMPT = "A plum at noon"
SAID = render_recaption("No search is needed.", PROMPT)
WANT_REFERENCES = sorted(set(FORMATS) - {"sharegpt", "openai", "hf", "rl"})


@pytest.fixture
def plum(shelf: Shelf) -> Shelf:
    """One trajectory as it is, one that needed no search."""
    turn = r.Turn(turn=0, stage=3, input=PROMPT, response_text=SAID)
    cells = shelf.cells("Plum", turns=[turn])
    cells["gap"] = msgspec.structs.replace(cells["gap"], needs_search=False, unknowns=[])
    cells["selection"] = r.Selection(references=[], decisions=[])
    shelf.put([shelf.cells("Apple"), cells])
    return shelf


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in sorted(path.iterdir()) for line in file.open()]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_it_is_taken_or_left_out_by_its_references(plum: Shelf, tmp_path: Path, name: str) -> None:
    index = plum.export(name, tmp_path / "to")
    assert index.left_out.get("not-two-references", 0) == (name in WANT_REFERENCES)
    assert check_export(tmp_path / "to") == []


def test_sharegpt_keeps_it_apart_from_the_dialogues_with_pictures(plum: Shelf, tmp_path: Path) -> None:
    to = tmp_path / "to"
    plum.export("sharegpt", to)
    (row,) = lines(to / "no_search")
    asked, said = ({"role": "user", "content": PROMPT}, {"role": "assistant", "content": SAID})
    assert row["messages"] == [asked, said]
    assert "images" not in row
    assert llama_factory(row | {"images": []}, to) is not None
    assert len(lines(to / "data")) == 1
    entries = json.loads((to / "dataset_info.json").read_text())
    assert entries["tracemill_no_search"]["columns"] == {"messages": "messages"}
    assert (to / entries["tracemill_no_search"]["file_name"]).is_dir()


def test_sharegpt_names_no_data_set_that_is_not_there(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put([shelf.cells("Apple")])
    shelf.export("sharegpt", tmp_path / "to")
    assert list(json.loads((tmp_path / "to" / "dataset_info.json").read_text())) == ["tracemill"]


def test_openai_has_no_tools_and_no_pictures(plum: Shelf, tmp_path: Path) -> None:
    plum.export("openai", tmp_path / "to")
    row = next(row for row in lines(tmp_path / "to" / "data") if len(row["messages"]) == 2)
    assert "tools" not in row
    assert [message["content"] for message in row["messages"]] == [PROMPT, SAID]


def test_hf_has_nulls_for_the_references_and_loses_nothing(plum: Shelf, tmp_path: Path) -> None:
    plum.export("hf", tmp_path / "to")
    (path,) = (tmp_path / "to" / "data").iterdir()
    row = next(row for row in pq.read_table(path).to_pylist() if len(row["turns"]) == 1)
    assert row["image_1"] is row["image_2"] is None
    assert row["ground_truth"]["bytes"]
    assert row["drawing"]["bytes"]
    assert document_of(row)["tracemill"]["gap"]["needs_search"] is False


def test_hf_finds_a_reference_that_went_missing(plum: Shelf, tmp_path: Path) -> None:
    """A null is sound only where the trajectory says that nothing was searched."""
    plum.export("hf", tmp_path / "to")
    (path,) = (tmp_path / "to" / "data").iterdir()
    table = pq.read_table(path)
    rows = [row | {"image_1": None} for row in table.to_pylist()]
    pq.write_table(type(table).from_pylist(rows, schema=table.schema), path)
    problems = [problem.what for problem in check_export(tmp_path / "to")]
    assert sum("no picture in image_1" in what for what in problems) == 1
