"""From dumps of five wikis to shards: a whole run over a small generated world."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.generated_dump import write_dump
from catalogs.check import check_output
from catalogs.database import query
from pipelines.profile import load_profile
from pipelines.run import run


@pytest.mark.slow
def test_dumps_become_proven_trajectories(tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "world", pages=500, drawn=1)
    source = f"dump:{dump}?pictures={tmp_path / 'world' / 'pictures'}"
    out = tmp_path / "out"
    profile = load_profile("embedded", {"source": source, "limit": 1, "benchmark_share": 0.0})
    summary = run(profile, out, domains=["toy", "food"], runner="local", observe=lambda *_: None)
    assert summary.trajectories > 0
    assert check_output(out) == []
    for stage in summary.funnel.stages:
        assert not stage.failed
        assert stage.entered == stage.kept + stage.passed + sum(stage.rejected.values())
    images = "SELECT DISTINCT licence FROM images WHERE role LIKE 'ref%'"
    assert query(out / "catalog.duckdb", images).to_pylist() == [{"licence": "CC-BY-SA-4.0"}]
