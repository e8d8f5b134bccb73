"""KITTEN: two alignments, by domain and task."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.verifiers.world import MemoryBlobs, truth
from verifiers.scorers import kitten
from verifiers.scorers.files import ScorerInputError
from verifiers.scorers.tally import SCORED, ItemScore


def test_items_with_references_and_without(tmp_path: Path) -> None:
    for name in ("g.png", "r1.png", "r2.png"):
        (tmp_path / name).write_bytes(truth("Tiger"))
    row = {"prompt": "A tiger by the sea", "entity": "Tiger", "domain": "animal", "task": "basic"}
    path = tmp_path / "results.jsonl"
    path.write_text(
        "\n".join(
            json.dumps({**row, **more})
            for more in (
                {"id": "a", "image": "g.png", "references": ["r1.png", "r2.png"]},
                {"id": "b", "image": "g.png", "references": ["gone.png"]},
                {"id": "c", "references": ["r1.png"]},
            )
        )
    )
    items = kitten.items_of(path, MemoryBlobs())
    assert [(i.key, i.missing) for i in items] == [("a", ""), ("b", "no-reference"), ("c", "no-picture")]
    assert sorted(items[0].pictures) == ["generated", "truth_1", "truth_2"]
    assert (items[0].category, items[0].group) == ("animal", "basic")


def test_a_row_without_entity_is_named(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text('[{"prompt": "x"}]')
    with pytest.raises(ScorerInputError, match="entity"):
        kitten.items_of(tmp_path / "r.json", MemoryBlobs())


def test_both_alignments_are_reported_apart() -> None:
    items = [
        ItemScore(
            key=str(n), category=domain, outcome=SCORED, values={"text_alignment": 4.0, "entity_alignment": e}
        )
        for n, (domain, e) in enumerate([("animal", 1.0), ("animal", 2.0), ("food", 5.0)])
    ]
    lines = {line.kind: line for line in kitten.lines(items) if line.kind in ("micro", "macro")}
    assert lines["micro"].scores["entity_alignment"].value == pytest.approx(8 / 3, abs=1e-3)
    assert lines["macro"].scores["entity_alignment"].value == pytest.approx(3.25)
    assert lines["macro"].scores["text_alignment"].value == 4.0
