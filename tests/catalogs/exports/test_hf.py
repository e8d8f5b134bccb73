"""`datasets` and polars open the Parquet files, pictures and all, and the documents come back whole."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pyarrow.parquet as pq
import pytest
import webdataset
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogs.exports.hf import DESCRIPTIONS, PICTURES, SCHEMA, document_of
from catalogs.trajectory.published import full_response
from tests.catalogs.exports.shelf import Shelf, dialogue


@pytest.fixture
def filled(shelf: Shelf, tmp_path: Path) -> Path:
    turns = dialogue("Plum")
    refused = msgspec.structs.replace(turns[0], ok=False, problem="no-action")
    shelf.put([shelf.cells("Apple"), shelf.cells("Plum", turns=[refused, *turns], attempts=2)])
    shelf.export("hf", tmp_path / "to")
    return tmp_path / "to"


def rows(to: Path) -> list[dict[str, Any]]:
    return [row for path in sorted((to / "data").iterdir()) for row in pq.read_table(path).to_pylist()]


def samples(out: Path) -> dict[str, dict[str, Any]]:
    shards = [str(path) for path in sorted((out / "shards").glob("*.tar"))]
    return {one["__key__"]: one for one in webdataset.WebDataset(shards, shardshuffle=False)}


def test_webdataset_and_the_export_hold_the_same(filled: Path, shelf: Shelf) -> None:
    read = samples(shelf.out)
    for row in rows(filled):
        sample = read[row["key"]]
        original = json.loads(sample["json"])
        del original["full_response"]
        assert document_of(row) == original
        for role, column in PICTURES.items():
            (name,) = [member for member in sample if member.startswith(f"{role}.")]
            assert row[column]["bytes"] == sample[name]


def test_datasets_opens_rows_and_pictures(filled: Path, tmp_path: Path) -> None:
    import datasets

    loaded = datasets.load_dataset(str(filled), split="train", cache_dir=str(tmp_path / "cache"))
    assert len(loaded) == 2
    assert all(isinstance(loaded.features[column], datasets.Image) for column in PICTURES.values())
    for row in loaded:
        assert row["image_1"].size == (24, 16)
        assert [turn["loss"] for turn in row["turns"]][-1] is True
    assert set(loaded.features) == set(SCHEMA.names)


def test_polars_opens_the_files(filled: Path) -> None:
    frame = pl.read_parquet(filled / "data" / "*.parquet")
    assert frame.height == 2
    assert sorted(frame["turns"].list.len().to_list()) == [3, 4]
    assert frame["image_1"].struct.field("bytes").null_count() == 0


def test_refused_turns_are_marked(filled: Path) -> None:
    marks = sorted([turn["loss"] for turn in row["turns"]] for row in rows(filled))
    assert marks == [[False, True, True, True], [True, True, True]]


def test_each_row_names_its_sources(filled: Path) -> None:
    for row in rows(filled):
        assert row["licences"] == ["CC-BY-SA-4.0"]
        assert {source["role"] for source in row["sources"]} == {"ref1", "ref2", "target", "test", "evidence"}
        assert all(source["licence"] and source["url"] for source in row["sources"])


def test_the_card_says_what_the_hub_reads(filled: Path) -> None:
    _, front, body = (filled / "README.md").read_text().split("---\n", 2)
    assert "license: cc-by-sa-4.0\n" in front
    assert "path: data/*.parquet" in front
    assert all(f"| `{name}` |" in body for name in SCHEMA.names)


@pytest.mark.parametrize(
    ("licence", "told"),
    [("CC0-1.0", "cc0-1.0"), ("Public domain", "other"), ("GFDL", "gfdl"), ("LicenseRef-x", "other")],
)
def test_the_card_names_only_licences_that_the_hub_knows(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, licence: str, told: str
) -> None:
    """The hub refuses a card with any other word."""
    from catalogs.exports import card

    monkeypatch.setattr(card, "totals", lambda *_: {licence: 1})
    assert f"license: {told}\n" in card.card_of([], {})


def test_croissant_has_what_the_specification_requires(filled: Path) -> None:
    """Croissant 1.0, "Required" of data set, file and field. No source of this export tells a day."""
    metadata = json.loads((filled / "croissant.json").read_text())
    required = {"@context", "@type", "conformsTo", "description", "license", "name", "url", "creator"}
    assert required <= set(metadata)
    assert metadata["@type"] == "sc:Dataset"
    assert metadata["license"] == ["https://spdx.org/licenses/CC-BY-SA-4.0.html"]
    assert (filled / metadata["url"]).is_file()
    *files, together = metadata["distribution"]
    for file in files:
        assert {"@id", "name", "contentUrl", "encodingFormat", "sha256"} <= set(file)
    assert {"@id", "encodingFormat", "includes"} <= set(together)
    (records,) = metadata["recordSet"]
    identifiers = [one["@id"] for one in (*files, together, records, *records["field"])]
    assert len(identifiers) == len(set(identifiers))
    for field in records["field"]:
        assert field["source"]["fileSet"] == {"@id": together["@id"]}
        assert field["dataType"].startswith("sc:")
    assert records["key"]["@id"] in identifiers


def test_mlcroissant_reads_the_metadata_and_a_row(filled: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not among the requirements")
    dataset = mlcroissant.Dataset(jsonld=filled / "croissant.json")
    assert not dataset.metadata.ctx.issues.errors
    row = next(iter(dataset.records("rows")))
    assert row["rows/key"].decode()
    assert row["rows/drawing"].size


def test_croissant_is_dated_by_the_newest_thing_that_was_fetched(shelf: Shelf, tmp_path: Path) -> None:
    cells = shelf.cells("Apple")
    (truth, *others) = cells["ground_truth"]
    dated = msgspec.structs.replace(truth.origin, fetched="2026-03-02T01:02:03Z", licence="Public domain")
    cells["ground_truth"] = [msgspec.structs.replace(truth, origin=dated), *others]
    shelf.put([cells])
    shelf.export("hf", tmp_path / "to")
    metadata = json.loads((tmp_path / "to" / "croissant.json").read_text())
    assert metadata["datePublished"] == "2026-03-02"
    assert {"@type": "sc:CreativeWork", "name": "Public domain"} in metadata["license"]


def test_croissant_describes_every_file_and_flat_column(filled: Path) -> None:
    metadata = json.loads((filled / "croissant.json").read_text())
    assert metadata["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    files = [one for one in metadata["distribution"] if one["@type"] == "cr:FileObject"]
    assert [one["contentUrl"] for one in files] == [
        f"data/{p.name}" for p in sorted((filled / "data").iterdir())
    ]
    assert all(len(one["sha256"]) == 64 for one in files)
    (records,) = metadata["recordSet"]
    names = {field["source"]["extract"]["column"] for field in records["field"]}
    assert names == set(DESCRIPTIONS) - {"turns", "sources"}
    known = {one["@id"] for one in metadata["distribution"]}
    assert all(field["source"]["fileSet"]["@id"] in known for field in records["field"])


TEXT = st.text(max_size=20)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_hostile_text_comes_back_as_it_was(shelf: Shelf, tmp_path: Path, data: st.DataObject) -> None:
    turns = [
        msgspec.structs.replace(
            turn,
            input=data.draw(TEXT),
            response_text=data.draw(TEXT),
            tool_output=data.draw(TEXT),
            ok=turn.stage == 3 or data.draw(st.booleans()),
            problem="no-action",
        )
        for turn in dialogue("Apple")
    ]
    to = tmp_path / "to"
    shelf.put([shelf.cells("Apple", turns=turns)])
    shelf.export("hf", to)
    (row,) = rows(to)
    document = document_of(row)
    spoken = [(turn["input"], turn["response_text"], turn["tool_output"]) for turn in document["turns"]]
    assert spoken == [(turn.input, turn.response_text, turn.tool_output or None) for turn in turns]
    (sample,) = samples(shelf.out).values()
    assert json.loads(sample["json"])["full_response"] == full_response(turns)
    assert io.BytesIO(row["image_1"]["bytes"]).read(3) == b"\xff\xd8\xff"
