"""FactIP: layouts, weights, and agreement with the published calculator on the same score files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.verifiers.scorers import published_factip
from tests.verifiers.world import MemoryBlobs, truth
from verifiers.scorers import factip
from verifiers.scorers.files import ScorerInputError, read_rows
from verifiers.scorers.tally import FAILED, SCORED, Line

GRADES = {"clarity": 8, "content_quality": 6, "aesthetics": 7, "text_relevance_ip": 4}


def by_name(lines: list[Line]) -> dict[str, Line]:
    return {line.name: line for line in lines}


def write(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))


grade = st.integers(0, 10) | st.floats(0, 10, allow_nan=False) | st.booleans() | st.just("7") | st.none()
document = st.fixed_dictionaries(dict.fromkeys(GRADES, grade)).flatmap(
    lambda top: st.sampled_from(
        [
            top,
            {"eval_result_raw": top},
            {"eval_result_raw": {"raw_content": json.dumps(top), "error": "JSON parse failed"}},
            {"eval_result_raw": {"raw_content": "not JSON", **top}},
            {**top, "eval_result_raw": GRADES},
            "{ not JSON",
        ]
    )
)
files = st.dictionaries(
    st.tuples(
        st.sampled_from(["Animation", "Cultural_Relic_Art", "Landmark", "Elsewhere", "traj"]),
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from(["flat", "nested", "stray"]),
    ),
    document,
    min_size=1,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(files)
def test_equal_to_the_published_calculator(
    tmp_path_factory: pytest.TempPathFactory, found: dict[tuple[str, str, str], Any]
) -> None:
    model = tmp_path_factory.mktemp("model")
    for (category, key, layout), content in found.items():
        name = f"{key}-{layout}"
        home = model / category
        places = {"flat": home, "nested": home / name, "stray": home / name / "deeper"}
        write(places[layout] / f"{name}_score.json", content)
    (model / "overall_score.txt").write_text("an earlier report")
    expected = published_factip.report(model) if any(_usable(model)) else {}
    scores = factip.read_scores(model)
    lines = by_name(factip.lines(scores))
    if not expected:
        assert not any(score.outcome == SCORED for score in scores)
        return
    for name, (means, count) in expected.items():
        line = lines[{"Cultural_Relic_Art": "Cultural Relic/Art"}.get(name, name)]
        assert line.scored == count
        assert [line.scores[m].value for m in factip.MEASURES] == pytest.approx(means, abs=6e-4)


def _usable(model: Path) -> list[list[float] | None]:
    paths = [
        path
        for path in model.rglob("*_score.json")
        if not published_factip.SKIPPED & set(path.relative_to(model).parts)
        and (len(path.relative_to(model).parts) == 2 or path.parent.name == path.name[: -len("_score.json")])
        and len(path.relative_to(model).parts) <= 3
    ]
    return [published_factip._numbers(path) for path in paths]


def test_the_total_is_the_mean_over_items_and_the_macro_average_over_categories(tmp_path: Path) -> None:
    for category, key, number in (("Toy", "a", 0), ("Food", "b", 10), ("Food", "c", 10), ("Food", "d", 2)):
        write(tmp_path / category / f"{key}_score.json", dict.fromkeys(GRADES, number))
    lines = by_name(factip.lines(factip.read_scores(tmp_path)))
    assert lines["TOTAL"].scores["overall"].value == pytest.approx(55.0)
    assert lines["macro"].scores["overall"].value == pytest.approx((0 + 220 / 3) / 2, abs=1e-3)
    assert lines["Object"].scores["overall"].value == pytest.approx(55.0)


def test_what_the_calculator_drops_is_counted_and_named(tmp_path: Path) -> None:
    write(tmp_path / "Toy" / "a_score.json", GRADES)
    write(tmp_path / "Toy" / "b_score.json", {**GRADES, "clarity": "8"})
    scores = factip.read_scores(tmp_path)
    assert [(s.key, s.outcome, s.reason) for s in scores] == [
        ("a", SCORED, ""),
        ("b", FAILED, "incomplete-scores"),
    ]
    line = by_name(factip.lines(scores))["TOTAL"]
    assert (line.asked, line.scored, line.failed) == (2, 1, 1)


@pytest.mark.parametrize("grade", ["NaN", "Infinity"])
def test_a_grade_that_is_no_number_does_not_spoil_the_mean(tmp_path: Path, grade: str) -> None:
    """The calculator's total is NaN then; here the item has failed, and counts as such."""
    write(tmp_path / "Toy" / "a_score.json", GRADES)
    write(tmp_path / "Toy" / "b_score.json", json.dumps(GRADES).replace("8", grade))
    line = by_name(factip.lines(factip.read_scores(tmp_path)))["TOTAL"]
    assert (line.asked, line.scored, line.failed) == (2, 1, 1)
    assert line.scores["clarity"].value == 80.0


def test_weights_of_the_overall_score() -> None:
    assert factip.measured({name: float(v) for name, v in GRADES.items()})["overall"] == pytest.approx(
        10 * (0.05 * 8 + 0.1 * 6 + 0.1 * 7 + 0.75 * 4)
    )


def split(folder: Path) -> Path:
    rows = {
        "k1": {"index": "k1", "ip_name": "Tiger", "image_prompt": "A tiger.", "language": "en"},
        "k2": {"index": "k2", "ip_name": "Fox", "image_prompt": "A fox.", "language": "en"},
        "k3": {"index": "k3", "ip_name": "Cat", "image_prompt": "A cat.", "language": "en"},
    }
    for row in rows.values():
        row["source_category"] = "Animal/Plant"
    write(folder / "test.json", rows)
    for key, seeds in (("k1", 2), ("k2", 2), ("k3", 1)):
        for number in range(1, seeds + 1):
            home = folder / "images" / "Animal_Plant" / key
            home.mkdir(parents=True, exist_ok=True)
            (home / f"seed{number}.png").write_bytes(truth("Tiger" if number == 1 else "Fox"))
    return folder


@pytest.mark.parametrize(
    "place", ["Animal_Plant/k1.png", "Animal/Plant/k1.png", "Animal_Plant/k1/k1_generated.png", "k1.png"]
)
def test_pictures_are_found_in_every_published_layout(tmp_path: Path, place: str) -> None:
    images = tmp_path / "images"
    (images / place).parent.mkdir(parents=True)
    (images / place).write_bytes(truth("Tiger"))
    items = {item.key: item for item in factip.items_of(split(tmp_path / "split"), images, MemoryBlobs())}
    assert sorted(items["k1"].pictures) == ["generated", "truth_1", "truth_2"]
    assert (items["k1"].category, items["k1"].group) == ("Animal/Plant", "Object")
    assert items["k2"].missing == "no-picture"
    assert items["k3"].missing == "no-ground-truth"


def test_without_a_picture_folder_items_are_left_to_be_drawn(tmp_path: Path) -> None:
    items = factip.items_of(split(tmp_path), None, MemoryBlobs())
    assert [item.missing for item in items] == ["", "", "no-ground-truth"]


def test_a_folder_that_is_no_split_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScorerInputError, match=r"test\.json"):
        factip.items_of(tmp_path, None, MemoryBlobs())


@pytest.mark.parametrize("content", ['[{"index": "k1"}]', '{"k1": {"index": "k1", "ip_name": "Fox"}}'])
def test_a_split_file_that_is_none_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "test.json").write_text(content)
    with pytest.raises(ScorerInputError, match=r"test\.json"):
        factip.items_of(tmp_path, None, MemoryBlobs())


def test_files_with_a_byte_order_mark_and_with_line_separators_are_read(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text('\ufeff[{"a": 1}]', encoding="utf-8")
    (tmp_path / "rows.jsonl").write_text('\ufeff{"a": "one\u2028two"}\n\n', encoding="utf-8")
    assert read_rows(tmp_path / "rows.json") == [{"a": 1}]
    assert read_rows(tmp_path / "rows.jsonl") == [{"a": "one\u2028two"}]
