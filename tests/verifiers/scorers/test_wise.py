"""WISE: both releases, chosen by what is in the files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.verifiers.world import MemoryBlobs, truth
from verifiers.scorers import wise
from verifiers.scorers.files import ScorerInputError
from verifiers.scorers.tally import FAILED, SCORED, ItemScore
from verifiers.scorers.wise_releases import LEGACY, VERIFIED, Version, version_of


def lines_file(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def scored(version: Version, per_category: dict[str, float]) -> list[ItemScore]:
    measure = version.measures[-1]
    return [
        ItemScore(key=name, category=name, outcome=SCORED, values={measure: value})
        for name, value in per_category.items()
    ]


FLUX_LEGACY = {
    "CULTURE": 0.48,
    "TIME": 0.58,
    "SPACE": 0.62,
    "BIOLOGY": 0.42,
    "PHYSICS": 0.51,
    "CHEMISTRY": 0.35,
}
FLUX_VERIFIED = {
    **{"CULTURE": 0.5225, "TIME": 0.4000, "SPACE": 0.5333},
    **{"BIOLOGY": 0.1750, "PHYSICS": 0.3750, "CHEMISTRY": 0.2417},
}


@pytest.mark.parametrize(
    ("version", "categories", "overall"),
    [(LEGACY, FLUX_LEGACY, 0.50), (VERIFIED, FLUX_VERIFIED, 0.4160)],
)
def test_the_overall_score_of_the_leaderboards_comes_out(
    version: Version, categories: dict[str, float], overall: float
) -> None:
    line = next(line for line in wise.lines(version, scored(version, categories)) if line.kind == "macro")
    assert line.scores[version.measures[-1]].value == pytest.approx(overall, abs=0.006)


def test_without_all_six_categories_there_is_no_overall_score() -> None:
    some = {name: value for name, value in FLUX_LEGACY.items() if name != "TIME"}
    line = next(line for line in wise.lines(LEGACY, scored(LEGACY, some)) if line.kind == "macro")
    assert line.scores == {}


@pytest.mark.parametrize(
    ("number", "legacy", "verified"),
    [
        (400, "CULTURE", "CULTURE"),
        (520, "TIME", "TIME"),
        (521, "TIME", "SPACE"),
        (567, "TIME", "SPACE"),
        (568, "SPACE", "SPACE"),
        (641, "SPACE", "BIOLOGY"),
        (801, "PHYSICS", "PHYSICS"),
        (881, "PHYSICS", "CHEMISTRY"),
        (1000, "CHEMISTRY", "CHEMISTRY"),
        (1001, "", ""),
    ],
)
def test_id_ranges(number: int, legacy: str, verified: str) -> None:
    assert (LEGACY.category(number), VERIFIED.category(number)) == (legacy, verified)


def test_wiscore() -> None:
    values = {"consistency": 2.0, "realism": 1.0, "aesthetic_quality": 0.0}
    assert wise.measured(LEGACY, values)["wiscore"] == pytest.approx((1.4 + 0.2) / 2)


@pytest.mark.parametrize(
    ("name", "row", "version"),
    [
        ("x.jsonl", {"prompt_id": 1, "consistency": 1, "realism": 1, "aesthetic_quality": 1}, "legacy"),
        ("x.jsonl", {"prompt_id": 1, "score": 1}, "verified"),
        ("x.jsonl", {"prompt_id": 530, "Subcategory": "Longitudinal time"}, "legacy"),
        ("x.jsonl", {"prompt_id": 530, "Subcategory": "Different view"}, "verified"),
        ("cultural_verified.json", {"prompt_id": 1}, "verified"),
        ("WISE_legacy.json", {"prompt_id": 1}, "legacy"),
    ],
)
def test_the_file_tells_the_release(name: str, row: dict[str, Any], version: str) -> None:
    assert version_of([Path(name)], [row]).name == version


def test_where_nothing_tells_it_asks() -> None:
    with pytest.raises(ScorerInputError, match="--version"):
        version_of([Path("cultural_common_sense.json")], [{"prompt_id": 1}])


def test_the_published_failure_mark_is_a_failure(tmp_path: Path) -> None:
    path = lines_file(
        tmp_path / "s.jsonl",
        [
            {"prompt_id": 1, "Subcategory": "", "consistency": 2, "realism": 2, "aesthetic_quality": 1},
            {"prompt_id": 2, "Subcategory": "", "consistency": 999, "realism": 999, "aesthetic_quality": 999},
        ],
    )
    version, items = wise.read_scores([path])
    assert version is LEGACY
    assert [item.outcome for item in items] == [SCORED, FAILED]


def test_items_and_their_score_file_round_trip(tmp_path: Path) -> None:
    prompts = tmp_path / "cultural_common_sense.json"
    prompts.write_text(
        json.dumps([{"prompt_id": n, "Prompt": "P", "Explanation": "E", "Subcategory": "S"} for n in (1, 2)])
    )
    images = tmp_path / "images"
    images.mkdir()
    (images / "1.png").write_bytes(truth("Tiger"))
    version, items = wise.items_of([prompts], images, "legacy", MemoryBlobs())
    assert [(item.key, item.missing) for item in items] == [("1", ""), ("2", "no-picture")]
    values = {"consistency": 2.0, "realism": 0.0, "aesthetic_quality": 1.0}
    scores = [
        ItemScore(
            key="1", category="CULTURE", outcome=SCORED, values=values, judge="vlm@1", instruction="ab"
        ),
        ItemScore(key="2", category="CULTURE", outcome="missing", reason="no-picture"),
    ]
    rows = wise.score_rows(version, items, scores)
    assert rows == [{"prompt_id": 1, "Subcategory": "S", **values, "judge": "vlm@1", "instruction": "ab"}]
    again = wise.read_scores([lines_file(tmp_path / "s.jsonl", rows)])[1]
    assert again[0].values == wise.measured(version, values)
