"""KnowGen: the text rule, two groups, and the published output file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.verifiers.world import MemoryBlobs, truth
from verifiers.scorers import knowgen
from verifiers.scorers.tally import FAILED, SCORED, ItemScore

FULL = {"faithfulness": 1.0, "visual_correctness": 0.5, "text_accuracy": 0.0, "aesthetics": 0.5}


def item(key: str, category: str, text_na: float = 0.0, **values: float) -> ItemScore:
    return ItemScore(
        key=key,
        category=category,
        group=knowgen.group_of(category),
        outcome=SCORED,
        values=knowgen.measured({**FULL, **values, "text_accuracy_na": text_na}),
    )


def test_sample_score_and_the_rule_for_prompts_without_text() -> None:
    assert knowgen.measured({**FULL, "text_accuracy_na": 0.0})["overall"] == pytest.approx(0.35)
    without = knowgen.measured({**FULL, "text_accuracy_na": 1.0})
    assert "text_accuracy" not in without
    assert without["overall"] == pytest.approx(0.55)


def test_text_that_is_not_asked_for_is_not_in_the_mean_of_the_group() -> None:
    items = [item("1", "biology", text_accuracy=1.0), item("2", "biology", text_na=1.0)]
    line = next(line for line in knowgen.lines(items) if line.name == "science_and_knowledge")
    assert line.scores["text_accuracy"].value == 1.0
    assert line.scores["overall"].value == pytest.approx(0.1 * 1 + 0.4 * 0.5 + 0.4 * 1 + 0.1 * 0.5)


def test_the_final_score_is_the_mean_of_the_groups_whatever_their_size() -> None:
    items = [item(str(n), "art", visual_correctness=1.0, text_accuracy=1.0) for n in range(9)]
    items.append(item("p", "anime", faithfulness=0.0, visual_correctness=0.0, aesthetics=0.0))
    final = next(line for line in knowgen.lines(items) if line.name == "overall_avg")
    assert final.scores["overall"].value == pytest.approx((0.95 + 0.0) / 2)
    assert final.asked == 10


def test_with_one_group_alone_there_is_no_final_score() -> None:
    final = next(line for line in knowgen.lines([item("1", "art")]) if line.name == "overall_avg")
    assert final.scores == {}


def rows() -> list[dict[str, Any]]:
    return [
        {"id": 1, "success": True, "prompt": "p", "meta": {"category": "Biology"}, "output_path": "g.png"},
        {"id": 2, "success": True, "prompt": "p", "meta": {"category": "anime"}, "output_path": "gone.png"},
        {"id": 3, "success": False, "prompt": "p", "meta": {"category": "anime"}},
        {"id": 4, "success": True, "prompt": "p", "meta": {"category": "cooking"}, "output_path": "g.png"},
    ]


def test_items_of_a_published_result_file(tmp_path: Path) -> None:
    (tmp_path / "g.png").write_bytes(truth("Tiger"))
    found = [{**row, "gt_image": "g.png"} for row in rows()]
    path = tmp_path / "results.json"
    path.write_text(json.dumps(found))
    items = knowgen.items_of(path, MemoryBlobs())
    assert [i.missing for i in items] == ["", "no-picture", "not-generated", ""]
    assert [i.group for i in items] == [
        "science_and_knowledge",
        "pop_culture_and_news",
        "pop_culture_and_news",
        "unmapped",
    ]


def test_the_published_output_has_three_summary_rows_and_loads_again(tmp_path: Path) -> None:
    items = [
        item("1", "biology", text_na=1.0),
        ItemScore(
            key="2", category="anime", group="pop_culture_and_news", outcome=FAILED, reason="no-picture"
        ),
        ItemScore(
            key="3", category="anime", group="pop_culture_and_news", outcome="missing", reason="not-generated"
        ),
        item("4", "cooking"),
    ]
    done = knowgen.published_rows(rows(), items)
    assert [row.get("summary_type") for row in done[-3:]] == [
        "science_and_knowledge",
        "pop_culture_and_news",
        "overall_avg",
    ]
    science = done[-3]["avg_scores"]
    assert science["text_accuracy"] == 0.5
    assert science["overall"] == pytest.approx(0.55)
    # As published, a group without a sample counts as zeros.
    assert done[-1]["avg_scores"]["overall"] == pytest.approx(0.275)
    assert done[-1]["count"] == 1
    path = tmp_path / "results_eval.json"
    path.write_text(json.dumps(done))
    again = knowgen.read_scores(path)
    assert [i.outcome for i in again] == [SCORED, FAILED, "missing", SCORED]
    assert again[0].values == items[0].values


def test_what_is_in_no_group_is_shown_apart_from_the_final_score() -> None:
    items = [item("1", "art"), item("2", "anime"), item("3", "cooking")]
    lines = {line.name: line for line in knowgen.lines(items)}
    assert (lines["overall_avg"].asked, lines["overall_avg"].scored) == (2, 2)
    assert (lines["unmapped"].kind, lines["unmapped"].asked, lines["unmapped"].scores) == ("group", 1, {})


def test_a_group_with_one_text_has_no_interval_of_its_text_accuracy() -> None:
    items = [item("1", "art", text_accuracy=1.0), *(item(f"n{n}", "art", text_na=1.0) for n in range(5))]
    line = next(line for line in knowgen.lines(items) if line.name == "science_and_knowledge")
    found = line.scores["text_accuracy"]
    assert (found.value, found.low, found.high) == (1.0, None, None)


def test_incomplete_scores_are_a_failure_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "results_eval.json"
    row = {"id": 1, "success": True, "meta": {"category": "art"}, "eval_success": True}
    path.write_text(json.dumps([{**row, "scores": {"faithfulness": 1.0}}]))
    (found,) = knowgen.read_scores(path)
    assert (found.outcome, found.reason) == (FAILED, "incomplete-scores")


@pytest.mark.parametrize(
    ("grade", "outcome"), [("0.5", SCORED), ("NaN", FAILED), ("7", FAILED), ("true", FAILED)]
)
def test_a_grade_off_the_scale_is_a_failure(tmp_path: Path, grade: str, outcome: str) -> None:
    path = tmp_path / "results_eval.json"
    row = {"id": 1, "success": True, "meta": {"category": "art"}, "eval_success": True}
    scores = {"faithfulness": 1.0, "visual_correctness": 1, "text_accuracy": 0.25, "aesthetics": 0}
    path.write_text(json.dumps([{**row, "scores": scores}]).replace("0.25", grade))
    (found,) = knowgen.read_scores(path)
    assert found.outcome == outcome
