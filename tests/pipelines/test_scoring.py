"""Scoring runs: resumable, honest about what has no score, pinned to judge and instruction."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from rich.console import Console

from catalogs.categories import FACTIP
from catalogs.files import write_bytes
from catalogs.splits.factip import write_factip
from catalogs.stage import StopRun
from pipelines.folder import open_folder
from pipelines.scoring.bench import Bench
from pipelines.scoring.engine import ScoreReport
from pipelines.scoring.scorers import (
    score_factip,
    score_knowgen,
    score_pairwise,
    score_unified_bench,
    score_wise,
)
from pipelines.scoring.tables import published_tables, score_table, unscored_table
from tests.verifiers.scorers import published_factip
from tests.verifiers.world import truth
from verifiers.scorers import kitten, pairwise, wise_releases
from verifiers.scorers.bootstrap import Interval
from verifiers.scorers.published_numbers import tables_of
from verifiers.scorers.tally import FAILED, SCORED, Line
from workers.backbones.handle import PUBLISHED, BackboneWorker
from workers.benchmark_judge.interface import Question
from workers.errors import ModelLoadError, ModelReplyError, WorkerError

ASKED: list[Question] = []
"""What the fake judge was asked, in order: a judge is a frozen worker and keeps nothing itself."""


@dataclass(frozen=True)
class FakeJudge:
    """Answers by the prompt: any text in `says` for a prompt, in turn, else full marks."""

    revision: str = "1"
    says: dict[str, list[str | WorkerError]] = field(default_factory=dict, hash=False, compare=False)

    @property
    def name(self) -> str:
        return "fake-judge"

    def answer(self, questions: Sequence[Question]) -> list[str | WorkerError]:
        ASKED.extend(questions)
        return [self._one(question) for question in questions]

    def _one(self, question: Question) -> str | WorkerError:
        waiting = self.says.get(question.subject)
        if waiting:
            return waiting.pop(0)
        kinds: dict[str, Any] = {"flag": False, "text": "seen; and found good", "choice": "first"}
        return json.dumps({f.name: kinds.get(f.kind, f.high) for f in question.fields})


class SpentBudgetError(WorkerError, StopRun):
    """No call can succeed before somebody acts."""


@pytest.fixture(autouse=True)
def _nothing_asked() -> None:
    ASKED.clear()


def bench(tmp_path: Path, judge: FakeJudge | None = None) -> Bench:
    folder = open_folder(tmp_path / "scores", create=True)
    return Bench(folder, "model", lambda *_: None, judge or FakeJudge())


@pytest.fixture
def split(tmp_path: Path) -> Path:
    rows = {
        key: {"index": key, "image_prompt": f"A {name}.", "source_category": category, "language": "en"}
        for key, name, category in (
            ("k1", "tiger", "Animal/Plant"),
            ("k2", "fox", "Animal/Plant"),
            ("k3", "cat", "Toy"),
        )
    }
    write_bytes(tmp_path / "split" / "test.json", json.dumps(rows).encode())
    for key, row in rows.items():
        home = tmp_path / "split" / "images" / row["source_category"].replace("/", "_") / key
        write_bytes(home / "seed1.png", truth("Tiger"))
        write_bytes(home / "seed2.png", truth("Fox"))
    return tmp_path / "split"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for key, category in (("k1", "Animal_Plant"), ("k2", "Animal_Plant")):
        write_bytes(tmp_path / "images" / category / f"{key}.png", truth("Dog"))
    return tmp_path / "images"


def test_missing_and_failed_items_are_counted_shown_and_written(
    tmp_path: Path, split: Path, images: Path
) -> None:
    judge = FakeJudge(says={"A fox.": ["no JSON", "no JSON either"]})
    report, items = score_factip(bench(tmp_path, judge), split, images)
    assert {item.key: (item.outcome, item.reason) for item in items} == {
        "k1": (SCORED, ""),
        "k2": (FAILED, "ModelReplyError"),
        "k3": ("missing", "no-picture"),
    }
    total = report.lines[-1]
    assert (total.asked, total.scored, total.missing, total.failed) == (3, 1, 1, 1)
    assert total.scores["overall"].value == 100.0
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123 - thrown away
    console.print(score_table(report))
    console.print(unscored_table(items))
    shown = console.export_text()
    for word in ("k2", "k3", "no-picture", "ModelReplyError"):
        assert word in shown


def test_the_published_calculator_takes_what_is_written(tmp_path: Path, split: Path, images: Path) -> None:
    grades = {"clarity": 8, "content_quality": 6, "aesthetics": 7, "text_relevance_ip": 4, "overall_score": 9}
    judge = FakeJudge(says={"A tiger.": [json.dumps({**grades, "rationale": "stripes; no tail"})]})
    one = bench(tmp_path, judge)
    report, _ = score_factip(one, split, images)
    rows = published_factip.report(one.home("factip"))
    assert rows["TOTAL"][1] == 2
    assert report.lines[-1].scores["overall"].value == pytest.approx(rows["TOTAL"][0][-1], abs=1e-3)
    document = json.loads((one.home("factip") / "Animal_Plant" / "k1_score.json").read_text())
    assert document["judge"] == "fake-judge@1"
    assert document["instruction"] == report.instruction
    assert document["rationale"] == "stripes; no tail"
    assert json.loads((one.home("factip") / "Toy" / "k3_score.json").read_text())["error"] == "no-picture"


def test_items_that_left_the_split_leave_the_published_files(
    tmp_path: Path, split: Path, images: Path
) -> None:
    """The published calculator takes every score file that lies there."""
    one = bench(tmp_path)
    score_factip(one, split, images)
    home = one.home("factip")
    write_bytes(home / "overall_score.txt", b"a report of the published calculator")
    rows = json.loads((split / "test.json").read_bytes())
    write_bytes(split / "test.json", json.dumps({key: rows[key] for key in ("k2", "k3")}).encode())
    score_factip(one, split, images)
    assert sorted(path.name for path in home.rglob("*_score.json")) == ["k2_score.json", "k3_score.json"]
    assert (home / "overall_score.txt").exists()


def test_a_second_run_asks_nobody_and_writes_the_same_bytes(
    tmp_path: Path, split: Path, images: Path
) -> None:
    one = bench(tmp_path)
    score_factip(one, split, images)
    before = {path: path.read_bytes() for path in one.home("factip").rglob("*") if path.is_file()}
    asked = len(ASKED)
    score_factip(one, split, images)
    assert len(ASKED) == asked == 2
    assert before == {path: path.read_bytes() for path in one.home("factip").rglob("*") if path.is_file()}


def test_a_new_picture_is_judged_and_the_others_are_not(tmp_path: Path, split: Path, images: Path) -> None:
    one = bench(tmp_path)
    score_factip(one, split, images)
    ASKED.clear()
    write_bytes(images / "Toy" / "k3.png", truth("Cat"))
    score_factip(one, split, images)
    assert [question.subject for question in ASKED] == ["A cat."]


def test_another_judge_or_revision_judges_anew(tmp_path: Path, split: Path, images: Path) -> None:
    one = bench(tmp_path)
    score_factip(one, split, images)
    ASKED.clear()
    report, _ = score_factip(dataclasses.replace(one, judge=FakeJudge(revision="2")), split, images)
    assert len(ASKED) == 2
    assert report.judges == {"fake-judge": "2"}


def test_an_unreadable_answer_is_asked_for_once_more(tmp_path: Path, split: Path, images: Path) -> None:
    judge = FakeJudge(says={"A tiger.": ["Sure! Here is my grade."]})
    _, items = score_factip(bench(tmp_path, judge), split, images)
    assert [item.outcome for item in items][:2] == [SCORED, SCORED]
    again = [question.text for question in ASKED if "could not be used" in question.text]
    assert len(again) == 1
    assert "not JSON" in again[0]


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    rows = {f"k{n:02}": {"image_prompt": f"Prompt {n}.", "source_category": "Toy"} for n in range(40)}
    write_bytes(tmp_path / "split" / "test.json", json.dumps(rows).encode())
    for key in rows:
        for seed in (1, 2):
            write_bytes(tmp_path / "split" / "images" / "Toy" / key / f"seed{seed}.png", truth("Tiger"))
        write_bytes(tmp_path / "images" / "Toy" / f"{key}.png", truth("Tiger"))
    budget = [SpentBudgetError("the budget is spent")]

    @dataclass(frozen=True)
    class DearJudge(FakeJudge):
        def answer(self, questions: Sequence[Question]) -> list[str | WorkerError]:
            if len(ASKED) >= 32 and budget:
                raise budget.pop()
            return super().answer(questions)

    one = bench(tmp_path, DearJudge())
    with pytest.raises(StopRun):
        score_factip(one, tmp_path / "split", tmp_path / "images")
    report, _ = score_factip(one, tmp_path / "split", tmp_path / "images")
    assert report.lines[-1].scored == 40
    assert len(ASKED) == len({question.subject for question in ASKED}) == 40


def test_a_failed_item_is_asked_again_by_the_next_run(tmp_path: Path, split: Path, images: Path) -> None:
    judge = FakeJudge(says={"A tiger.": [ModelReplyError("the server is down")]})
    one = bench(tmp_path, judge)
    assert score_factip(one, split, images)[1][0].outcome == FAILED
    ASKED.clear()
    assert score_factip(one, split, images)[1][0].outcome == SCORED
    assert [question.subject for question in ASKED] == ["A tiger."]


def test_without_pictures_they_are_drawn_and_said_to_be(tmp_path: Path, split: Path) -> None:
    one = bench(tmp_path)
    report, items = score_factip(one, split, None)
    assert report.drawn == 3
    assert any("upper bound" in note for note in report.notes)
    assert all(item.drawn for item in items)
    home = one.home("factip") / "Animal_Plant"
    assert (home / "k1.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((home / "k1_traj.json").read_text())["image_prompt"] == "A tiger."
    shown = [shown.role for shown in ASKED[0].pictures]
    assert shown == ["truth_1", "truth_2", "generated"]


def test_an_upper_bound_is_called_one_wherever_its_table_is_printed(tmp_path: Path, split: Path) -> None:
    report, _ = score_factip(bench(tmp_path), split, None)
    assert report.drawn_from == "ground-truth"
    assert "UPPER BOUND" in str(score_table(report).title)


@pytest.mark.parametrize("layout", ["traj", "flat", "nested"])
def test_an_agent_is_drawn_from_what_it_wrote_and_found_itself(
    tmp_path: Path, split: Path, layout: str
) -> None:
    """An export as unify-agent, and both layouts of the published inference."""

    def left(index: str, category: str, document: dict[str, str], *references: bytes) -> None:
        home = tmp_path / "agent" / category
        trajectory, found = {
            "traj": (home / "traj" / f"{index}_trajectory.json", home),
            "flat": (home / f"{index}_traj.json", home),
            "nested": (home / index / f"{index}_trajectory.json", home / index),
        }[layout]
        write_bytes(trajectory, json.dumps(document).encode())
        for number, data in enumerate(references, start=1):
            write_bytes(found / "intermediate" / index / f"image_{number}.png", data)

    left("k1", "animal-plant", {"recaption": "A fox like image_1."}, truth("Fox"), truth("Fox"))
    left("k2", "animal-plant", {"recaption": " "}, truth("Fox"))
    one = bench(tmp_path)
    report, items = score_factip(one, split, None, tmp_path / "agent")
    assert {item.key: (item.outcome, item.reason) for item in items} == {
        "k1": (SCORED, ""),
        "k2": ("missing", "no-recaption"),
        "k3": ("missing", "no-trajectory"),
    }
    assert (report.drawn, report.drawn_from) == (1, "own-references")
    assert "upper bound" not in " ".join(report.notes)
    (asked,) = ASKED
    assert asked.subject == "A tiger."
    upper, _ = score_factip(one, split, None)
    assert upper.drawn == 3
    drawn = {question.subject: question.picture("generated") for question in ASKED[1:]}
    assert drawn["A tiger."] != asked.picture("generated")


def test_a_split_that_was_not_searched_for_leaks_is_noted(tmp_path: Path, split: Path, images: Path) -> None:
    assert score_factip(bench(tmp_path), split, images)[0].notes == []
    write_factip(tmp_path / "out" / "factip", [], set(), {})  # type: ignore[arg-type]
    (note,) = score_factip(bench(tmp_path), tmp_path / "out" / "factip", images)[0].notes
    assert "tracemill split" in note


@pytest.mark.parametrize(
    "benchmark", ["factip", "unified-bench", "wise-legacy", "wise-verified", "kitten", "knowgen", "pairwise"]
)
def test_every_published_column_has_a_number_of_ours(benchmark: str) -> None:
    categories = {name for name, _, _ in FACTIP.values()} | {*wise_releases.LEGACY.weights}
    measures = [*PUBLISHED, *kitten.MEASURES, *pairwise.MEASURES, "overall"]
    ten = Interval(value=10.0, low=None, high=None)
    scores = {name: ("category", {"overall": ten}) for name in categories}
    scores |= {kind: (kind, dict.fromkeys(measures, ten)) for kind in ("macro", "micro")}
    report = ScoreReport(
        benchmark=benchmark,
        model="m",
        judges={},
        instruction="",
        embedded=False,
        drawn=0,
        lines=[
            Line(name=name, kind=kind, asked=1, scored=1, missing=0, failed=0, scores=of)
            for name, (kind, of) in scores.items()
        ],
        notes=[],
        published=tables_of(benchmark),
    )
    assert report.published
    for table in report.published:
        assert all(len(row) == 1 + len(table.columns) for row in table.rows)
        ours = [
            next(iter(column.cells))
            for part in published_tables(report, table)
            for column in part.columns[1:]
        ]
        assert ours == [f"{10 * table.scale:g}"] * len(table.columns)
    few = msgspec.structs.replace(
        report, lines=[one for one in report.lines if one.name in ("Food", "micro")]
    )
    for table in few.published if benchmark == "factip" else []:
        assert [str(column.header) for part in published_tables(few, table) for column in part.columns] == [
            "model",
            "Food",
            "overall",
        ]


def test_wise_prints_beside_the_leaderboard(tmp_path: Path) -> None:
    prompts = tmp_path / "verified.json"
    ids = (1, 401, 521, 641, 761, 881)
    rows = [{"prompt_id": n, "Prompt": f"P{n}", "Explanation": "E", "Subcategory": "S"} for n in ids]
    write_bytes(prompts, json.dumps(rows).encode())
    for number in ids:
        write_bytes(tmp_path / "images" / f"{number}.png", truth("Tiger"))
    one = bench(tmp_path, FakeJudge(says={"P1": ['{"score": 0}']}))
    report, _ = score_wise(one, [prompts], tmp_path / "images", "auto")
    assert report.benchmark == "wise-verified"
    ((table,),) = (published_tables(report, one) for one in report.published)
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123 - thrown away
    console.print(table)
    shown = console.export_text()
    assert "this result" in shown
    assert "0.6" in shown
    assert "NanoBanana-Pro" in shown
    lines = (one.home("wise-verified") / "model_scores.jsonl").read_text().splitlines()
    assert [json.loads(row)["score"] for row in lines] == [0, 1, 1, 1, 1, 1]


def test_knowgen_writes_the_published_file(tmp_path: Path) -> None:
    write_bytes(tmp_path / "g.png", truth("Tiger"))
    row = {"success": True, "output_path": "g.png", "gt_image": "g.png"}
    rows = [
        {"id": 7, "prompt": "a", "meta": {"category": "Art"}, **row},
        {"id": 8, "prompt": "b", "meta": {"category": "news"}, **row, "output_path": "gone.png"},
    ]
    write_bytes(tmp_path / "results.json", json.dumps(rows).encode())
    one = bench(tmp_path)
    score_knowgen(one, tmp_path / "results.json")
    done = json.loads((one.home("knowgen") / "results_eval.json").read_text())
    assert [r.get("eval_success") for r in done] == [True, False, None, None, None]
    assert done[1]["error"] == "no-picture"
    assert done[2]["avg_scores"]["overall"] == 1.0


def test_a_judge_that_likes_what_stands_first_ties_everything(tmp_path: Path) -> None:
    for name in ("0.png", "1.png"):
        write_bytes(tmp_path / "images" / name, truth("Tiger"))
    for name in ("a", "b"):
        write_bytes(tmp_path / f"{name}.json", json.dumps({"0": f"caption {name}", "1": name}).encode())
    report, pairs = score_pairwise(
        bench(tmp_path), tmp_path / "images", tmp_path / "a.json", tmp_path / "b.json"
    )
    assert len(ASKED) == 4
    assert len(pairs) == 2
    assert report.lines[0].scores["comprehensiveness_tie"].value == 1.0
    assert report.lines[0].scores["same_in_both_orders"].value == 0.0


class FakeFeatures:
    """Mean colour, and its reverse: two backbones that disagree."""

    revision = "fake"

    def __init__(self, turned: bool) -> None:
        self._turned = turned

    def features(self, images: Sequence[Any]) -> Any:
        means = np.array([np.asarray(image, np.float64).mean(axis=(0, 1)) for image in images])
        means = means - 128 if self._turned else means
        return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def _fake_backbones(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(self: BackboneWorker) -> FakeFeatures:
        if self.kind == "LongCLIP":
            raise ModelLoadError("no checkpoint")
        return FakeFeatures(self.kind == "DINO-v2")

    monkeypatch.setattr(BackboneWorker, "load", load)


@pytest.mark.usefixtures("_fake_backbones")
def test_unified_bench_pairs_by_name_and_shows_what_is_missing(tmp_path: Path) -> None:
    for name, title in (("0.png", "Tiger"), ("1.png", "Fox"), ("2.png", "Cat")):
        write_bytes(tmp_path / "sources" / name, truth(title))
    write_bytes(tmp_path / "made" / "0.jpg", truth("Tiger"))
    write_bytes(tmp_path / "made" / "deeper" / "recon_1.png", truth("Dog"))
    one = bench(tmp_path)
    backbones = [BackboneWorker("CLIP"), BackboneWorker("DINO-v2")]
    report, items = score_unified_bench(one, tmp_path / "sources", tmp_path / "made", backbones, skip=False)
    assert [item.outcome for item in items] == [SCORED, SCORED, "missing"]
    assert items[0].values == {"CLIP": 1.0, "DINO-v2": 1.0}
    document = json.loads((one.home("unified-bench") / "similarities.json").read_text())
    assert document["model_types"] == ["CLIP", "DINO-v2"]
    assert document["similarities_by_model"]["CLIP"]["2.png"] is None
    statistics = document["statistics_by_model"]["DINO-v2"]
    assert (statistics["total_images"], statistics["valid_pairs"]) == (3, 2)
    means = document["summary"]["average_scores_by_model"]
    assert document["summary"]["overall_average"] == pytest.approx(sum(means.values()) / 2)
    assert report.lines[0].scores["overall"].value == pytest.approx(sum(means.values()) / 2, abs=1e-3)
    assert report.lines[0].missing == 1


@pytest.mark.usefixtures("_fake_backbones")
def test_a_backbone_that_does_not_load_is_an_error_unless_asked_for(tmp_path: Path) -> None:
    write_bytes(tmp_path / "sources" / "0.png", truth("Tiger"))
    backbones = [BackboneWorker("CLIP"), BackboneWorker("LongCLIP")]
    with pytest.raises(ModelLoadError, match="no checkpoint"):
        score_unified_bench(
            bench(tmp_path), tmp_path / "sources", tmp_path / "sources", backbones, skip=False
        )
    report, _ = score_unified_bench(
        bench(tmp_path), tmp_path / "sources", tmp_path / "sources", backbones, skip=True
    )
    assert list(report.judges) == ["CLIP"]
    assert "LongCLIP was left out" in report.notes[0]
