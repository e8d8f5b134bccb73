"""A slice of the default world, from survey to catalog, on Ray and in one process."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
import webdataset as wds

from catalogs.check import check_output
from catalogs.manifest import read_manifest
from pipelines.profile import load_profile
from pipelines.run import Summary, run
from tests.pipelines.slices import DOMAINS, PROFILE, bring_up, files_of


@pytest.mark.slow
def test_every_record_is_accounted_for_and_some_are_proven(on_ray: tuple[Path, Summary]) -> None:
    out, summary = on_ray
    assert summary.trajectories > 0
    assert not any(stage.failed for stage in summary.funnel.stages)
    for stage in summary.funnel.stages:
        assert stage.entered == stage.kept + stage.passed + sum(stage.rejected.values())
    assert check_output(out) == []


@pytest.mark.slow
def test_ray_and_local_write_the_same_bytes(
    on_ray: tuple[Path, Summary], locally: tuple[Path, Summary]
) -> None:
    for part in ("shards", "splits"):
        assert files_of(on_ray[0] / part) == files_of(locally[0] / part)


@pytest.mark.slow
def test_a_second_run_computes_nothing_and_rewrites_no_file(locally: tuple[Path, Summary]) -> None:
    out, _ = locally
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()}
    again = bring_up(out, "local")
    assert (again.computed, again.rewritten) == (0, [])
    assert {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()} == before


@pytest.mark.slow
def test_webdataset_reads_the_shards(on_ray: tuple[Path, Summary]) -> None:
    out, summary = on_ray
    manifest = read_manifest(out)
    assert manifest is not None
    urls = [str(out / entry.url) for entry in manifest.shardlist]
    samples = list(wds.WebDataset(urls, shardshuffle=False).decode("pil"))
    assert len(samples) == summary.trajectories
    for sample in samples:
        assert sample["json"]["ip_index"] == sample["__key__"]
        assert "<recaption>" in sample["json"]["full_response"][-1]["response_text"]
        assert {name.split(".")[0] for name in sample if not name.startswith("__")} == {
            "json", "ref1", "ref2", "target", "test",
        }  # fmt: skip


@pytest.mark.slow
def test_the_catalog_answers_from_elsewhere_after_the_folder_was_moved(
    on_ray: tuple[Path, Summary], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, summary = on_ray
    shutil.copytree(out, tmp_path / "moved")
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    with duckdb.connect("../moved/catalog.duckdb", read_only=True) as database:
        counted = database.execute("SELECT count(*) FROM trajectories").fetchone()
        licences = database.execute("SELECT DISTINCT licence FROM images WHERE role LIKE 'ref%'").fetchall()
    assert counted == (summary.trajectories,)
    assert licences == [("CC-BY-SA-4.0",)]


@pytest.mark.slow
def test_a_changed_threshold_calls_no_model(locally: tuple[Path, Summary], tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(locally[0], out)
    computed: dict[str, int] = {}

    def observe(stage: str, outcome: str, count: int) -> None:
        computed[stage] = computed.get(stage, 0) + count

    stricter = load_profile("embedded", {"gallery": 0, "limit": 2, "proof.similarity": 0.51})
    run(stricter, out, domains=DOMAINS, runner="local", observe=observe)
    assert set(computed) <= {"verdict", "verdict-2"}
    assert computed["verdict"] > 0


@pytest.mark.slow
def test_another_version_of_a_stage_touches_the_shards_of_its_domain_alone(
    locally: tuple[Path, Summary], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from annotators.recaption import WriteRecaption

    out = tmp_path / "out"
    shutil.copytree(locally[0], out)
    before = files_of(out / "current")
    monkeypatch.setattr(WriteRecaption, "version", "another")
    again = run(PROFILE, out, domains=["toy"], runner="local", observe=lambda *_: None)
    assert again.computed > 0
    changed = {name for name, digest in files_of(out / "current").items() if before[name] != digest}
    assert {name.rpartition("-")[0] for name in changed} == {"toy"}
    assert files_of(out / "shards") == files_of(locally[0] / "shards"), "equal output, equal bytes"
