"""``tracemill score``: over score files without a model, and bad input in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from catalogs.files import write_bytes
from pipelines.commands.score import score
from tests.pipelines.conftest import Said

GRADES = {"clarity": 8, "content_quality": 6, "aesthetics": 7, "text_relevance_ip": 4}


def run(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(
        score, [str(a) for a in arguments], env={"COLUMNS": "200"}, catch_exceptions=False
    )
    return done.exit_code, done.output


def test_published_score_files_are_summed_up_without_a_judge(tmp_path: Path) -> None:
    write_bytes(tmp_path / "theirs" / "Toy" / "a_score.json", json.dumps(GRADES).encode())
    write_bytes(tmp_path / "theirs" / "Toy" / "b_score.json", b'{"error": "max retries exceeded"}')
    status, said = run(
        "factip", "--scores", tmp_path / "theirs", "--to", tmp_path / "scores", "--model", "gpt"
    )
    assert status == 0
    assert "incomplete-scores" in said
    report = json.loads((tmp_path / "scores" / "factip" / "gpt" / "report.json").read_text())
    total = report["lines"][-1]
    assert (total["asked"], total["scored"], total["failed"]) == (2, 1, 1)
    assert total["scores"]["overall"]["value"] == pytest.approx(47.0)
    assert report["judges"] == {}
    assert "score files that were given" in report["notes"][0]


def test_an_evaluated_knowgen_file(tmp_path: Path) -> None:
    scores = {"faithfulness": 1, "visual_correctness": 1, "text_accuracy": 0.5, "aesthetics": 0}
    rows = [
        {"id": n, "success": True, "eval_success": True, "meta": {"category": c}, "scores": scores}
        for n, c in ((1, "art"), (2, "news"))
    ]
    write_bytes(tmp_path / "results_eval.json", json.dumps([*rows, {"summary_type": "overall_avg"}]).encode())
    status, said = run("knowgen", tmp_path / "results_eval.json", "--scores", "--to", tmp_path / "scores")
    assert status == 0
    assert "overall_avg" in said
    assert "0.7" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["factip"], "holds no test.json"),
        (["factip", "--judge", "gpt-9"], "'gpt-9'"),
        (["factip", "--judge", "chat"], "sees no pictures"),
        (["factip", "--model", "a/b"], "cannot name a folder"),
        (["unified-bench", "--backbones", "CLIP,ResNet"], "unknown backbone 'ResNet'"),
        (["wise"], "--prompts and --images"),
        (["kitten", "gone.json"], "gone.json is not there"),
    ],
)
def test_bad_input_is_met_in_one_line(
    tracemill: Callable[..., Said], tmp_path: Path, arguments: list[str], words: str
) -> None:
    status, said = tracemill("score", *arguments, "--out", tmp_path / "out", "--to", tmp_path / "scores")
    assert status == 2, said
    assert words in " ".join(said.split())
