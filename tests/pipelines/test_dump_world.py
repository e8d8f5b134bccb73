"""From dumps of five wikis to shards: a whole run over a small generated world."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from annotators.prompts import WITH_TEXT
from benchmarks.generated_dump import EDITIONS
from catalogs.check import check_output
from catalogs.sql.database import query
from pipelines.profile import load_profile
from pipelines.run import run
from tests.pipelines.slices import begun

LETTERS = {"ru": "[а-яёА-ЯЁ]", "ar": "[\u0620-\u064a]", "zh": "[\u4e00-\u9fff]", "hi": "[\u0900-\u097f]"}


@pytest.mark.slow
def test_dumps_become_proven_trajectories(generated: tuple[str, Path], tmp_path: Path) -> None:
    source, indexed = generated
    out = begun(tmp_path / "out", indexed)
    profile = load_profile("embedded", {"source": source, "gallery": 0, "limit": 1, "benchmark_share": 0.0})
    summary = run(profile, out, domains=["toy", "food"], runner="local", observe=lambda *_: None)
    assert summary.trajectories > 0
    assert check_output(out) == []
    for stage in summary.funnel.stages:
        assert not stage.failed
        assert stage.entered == stage.kept + stage.passed + sum(stage.rejected.values())
    images = "SELECT DISTINCT licence FROM images WHERE role LIKE 'ref%'"
    assert query(out / "catalog.duckdb", images).to_pylist() == [{"licence": "CC-BY-SA-4.0"}]


@pytest.mark.slow
def test_every_script_of_a_dump_comes_to_proven_trajectories_in_its_language(
    generated: tuple[str, Path], tmp_path: Path
) -> None:
    source, indexed = generated
    chosen = {"source": source, "gallery": 0, "limit": 4, "benchmark_share": 0.0, "languages": [WITH_TEXT]}
    out = begun(tmp_path / "out", indexed)
    run(
        load_profile("embedded", chosen),
        out,
        domains=["toy", "food", "game", "animal-plant", "landmark"],
        runner="local",
        observe=lambda *_: None,
    )
    assert check_output(out) == []
    counted = query(out / "catalog.duckdb", "SELECT DISTINCT language FROM trajectories").to_pylist()
    assert {row["language"] for row in counted} == set(EDITIONS)
    for language, letters in LETTERS.items():
        told = query(
            out / "catalog.duckdb",
            f"SELECT prompt, recaption FROM trajectories WHERE language = '{language}'",
        ).to_pylist()
        for text in (text for row in told for text in row.values()):
            plain = re.sub(r"image_\d|\W", "", text)
            assert len(re.findall(letters, plain)) > 0.9 * len(plain), text
