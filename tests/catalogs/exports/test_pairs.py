"""Every pair prefers what was proven over what was not, for the same question."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from catalogs.exports import check_export
from catalogs.exports.pairs import LEAST_GAP
from catalogs.records import Turn
from tests.catalogs.exports.shelf import Shelf, dialogue, picture
from tests.catalogs.exports.targets import llama_factory


def text_rows(to: Path) -> list[dict[str, Any]]:
    paths = [*sorted(to.glob("recaptions/*")), *sorted(to.glob("searches/*"))]
    return [json.loads(line) for path in paths for line in path.open()]


def drawing_rows(to: Path) -> list[dict[str, Any]]:
    return [row for path in sorted((to / "drawings").iterdir()) for row in pq.read_table(path).to_pylist()]


def test_a_failed_recaption_stands_beside_the_accepted_one(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put([shelf.cells("Apple", attempts=2)])
    shelf.export("pairs", tmp_path / "to")
    (row,) = text_rows(tmp_path / "to")
    aligned = llama_factory(row, tmp_path / "to", ranking=True)
    assert aligned is not None
    assert "A Apple as in image_1" in row["chosen"]["content"]
    assert "A poor A Apple" in row["rejected"]["content"]
    assert row["messages"][-1]["content"].endswith(dialogue("Apple")[-1].input)
    assert check_export(tmp_path / "to") == []


def test_its_drawings_are_rejected_with_it(shelf: Shelf, tmp_path: Path) -> None:
    cells = shelf.cells("Apple", attempts=2)
    shelf.put([cells])
    shelf.export("pairs", tmp_path / "to")
    rows = [row for row in drawing_rows(tmp_path / "to") if row["kind"] == "drawing-of-failed"]
    assert len(rows) == 2
    accepted = cells["attempts"][1]
    proven = shelf.store.get(accepted.drawings[1].picture.sha256)
    for row in rows:
        chosen, other = (0, 1) if row["label_0"] else (1, 0)
        assert row[f"jpg_{chosen}"] == proven
        assert row[f"jpg_{other}"] in [
            shelf.store.get(one.picture.sha256) for one in cells["attempts"][0].drawings
        ]
        assert (row[f"label_{chosen}"], row[f"label_{other}"]) == (1.0, 0.0)


def test_a_drawing_is_never_preferred_to_itself(shelf: Shelf, tmp_path: Path) -> None:
    """The second attempt may draw from one seed what the first did; two failed ones may draw the same."""
    cells = shelf.cells("Apple", attempts=3)
    *failed, accepted = cells["attempts"]
    twice = [msgspec.structs.replace(one, drawings=accepted.drawings) for one in failed]
    shelf.put([cells | {"attempts": [*twice, accepted]}])
    shelf.export("pairs", tmp_path / "to")
    rows = drawing_rows(tmp_path / "to")
    assert [row["kind"] for row in rows] == ["drawing-of-failed"]
    assert all(row["jpg_0"] != row["jpg_1"] for row in rows)
    assert check_export(tmp_path / "to") == []


def test_a_repair_is_preferred_to_what_it_repaired(shelf: Shelf, tmp_path: Path) -> None:
    turns = dialogue("Apple")
    refused = msgspec.structs.replace(turns[1], ok=False, problem="no-action", response_text="I cannot")
    shelf.put([shelf.cells("Apple", turns=[turns[0], refused, *turns[1:]])])
    shelf.export("pairs", tmp_path / "to")
    (row,) = text_rows(tmp_path / "to")
    assert (row["kind"], row["rejected"]["content"]) == ("repair", "I cannot")
    assert row["chosen"]["content"] == turns[1].response_text
    assert [message["content"] for message in row["messages"]] == [
        turns[0].input,
        turns[0].response_text,
        turns[1].input,
    ]
    assert "images" not in row
    assert llama_factory({"images": []} | row, tmp_path / "to", ranking=True) is not None
    assert list(json.loads((tmp_path / "to/dataset_info.json").read_text())) == ["tracemill_searches"]


@pytest.mark.parametrize(("gap", "pairs"), [(LEAST_GAP, 1), (LEAST_GAP - 0.01, 0)])
def test_of_two_drawings_the_clearly_better_one_is_preferred(
    shelf: Shelf, tmp_path: Path, gap: float, pairs: int
) -> None:
    cells = shelf.cells("Apple")
    (attempt,) = cells["attempts"]
    better, worse = attempt.proof.matches[1], attempt.proof.matches[0]
    worse = msgspec.structs.replace(worse, similarity=round(better.similarity - gap, 3))
    proof = msgspec.structs.replace(attempt.proof, matches=[worse, better])
    shelf.put([cells | {"proof": proof, "attempts": [msgspec.structs.replace(attempt, proof=proof)]}])
    index = shelf.export("pairs", tmp_path / "to")
    assert len(drawing_rows(tmp_path / "to")) == pairs
    assert index.left_out == ({} if pairs else {"nothing-was-rejected": 1})


def test_a_drawing_that_was_swept_away_is_counted(shelf: Shelf, tmp_path: Path) -> None:
    cells = shelf.cells("Apple", attempts=2)
    shelf.put([cells])
    shelf.store.path(cells["attempts"][0].drawings[0].picture.sha256).unlink()
    shelf.export("pairs", tmp_path / "to")
    counts = json.loads((tmp_path / "to" / "report.json").read_text())["counts"]
    assert counts["drawings-not-in-the-blob-store"] == 1
    assert len(drawing_rows(tmp_path / "to")) == 1


def test_a_refused_reply_with_placeholders_leaves_the_sample_out(shelf: Shelf, tmp_path: Path) -> None:
    turns: list[Turn] = dialogue("Apple")
    refused = msgspec.structs.replace(turns[0], ok=False, problem="no-action", response_text="<image>")
    shelf.put([shelf.cells("Apple", turns=[refused, *turns], pictures={"ref1": picture("r")})])
    index = shelf.export("pairs", tmp_path / "to")
    assert index.left_out == {"placeholder-in-text": 1}


def test_datasets_loads_every_entry(shelf: Shelf, tmp_path: Path) -> None:
    import datasets

    turns = dialogue("Plum")
    refused = [
        msgspec.structs.replace(turn, ok=False, problem="no-action", response_text="No") for turn in turns
    ]
    shelf.put([shelf.cells("Apple", attempts=2)])
    shelf.put(
        [shelf.cells("Plum", turns=[refused[0], turns[0], turns[1], refused[2], turns[2]])], bucket="b1"
    )
    shelf.export("pairs", tmp_path / "to")
    entries = json.loads((tmp_path / "to/dataset_info.json").read_text())
    rows = {}
    for name, entry in entries.items():
        files = sorted(str(path) for path in (tmp_path / "to" / entry["file_name"]).iterdir())
        cache = str(tmp_path / "cache")
        rows[name] = datasets.load_dataset("json", data_files=files, split="train", cache_dir=cache)
        assert set(entry["columns"].values()) <= set(rows[name].column_names)
    assert {name: len(loaded) for name, loaded in rows.items()} == {
        "tracemill_recaptions": 2,
        "tracemill_searches": 1,
    }
    assert check_export(tmp_path / "to") == []
