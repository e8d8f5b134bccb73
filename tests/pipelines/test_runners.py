"""Ray and the local runner compute the same results."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from catalogs.digests import entity_id
from catalogs.records import EntityRef
from catalogs.stage import StopRun
from pipelines.engine.buckets import Bucket, partition
from pipelines.engine.graph import Graph, Unfold
from pipelines.engine.walk import Walk
from pipelines.folder import open_folder
from pipelines.runners import RUNNERS, Job
from tests.pipelines.stages import Ask, Deadly, Mark, WriteTwo

GRAPH = Graph([Mark(), WriteTwo(), Unfold("prompts", into="prompt"), Ask(), Ask(round=2)])


def buckets() -> list[Bucket]:
    titles = [f"{word} {n}" for n in range(12) for word in ("soup", "bad", "no")]
    return partition(
        [EntityRef(entity_id=entity_id(t), domain="food", title=t, locator=t) for t in titles], largest=8
    )


def results(root: Path, runner: str) -> tuple[dict[str, object], Counter[str]]:
    folder = open_folder(root, create=True)
    job = Job(GRAPH, folder.root, "r1", ships=False)
    seen: Counter[str] = Counter()

    def observe(stage: str, outcome: str, count: int) -> None:
        seen[f"{stage} {outcome}"] += count

    reports = list(RUNNERS[runner]().run(job, buckets(), observe))
    assert sorted(r.bucket for r in reports) == sorted(b.name for b in buckets())
    walks: list[Walk] = [job.flow(lambda *_: None).plan(bucket) for bucket in buckets()]
    assert not any(walk.missing for walk in walks)
    entries = {
        f"{step.stage} {step.record.key}": (step.entry.outcome, step.entry.reason, step.entry.digests)
        for walk in walks
        for step in walk.steps
    }
    return entries, seen


@pytest.mark.slow
def test_ray_and_local_agree_and_report_everything(tmp_path: Path) -> None:
    local, seen_locally = results(tmp_path / "local", "local")
    on_ray, seen_on_ray = results(tmp_path / "ray", "ray")
    assert local == on_ray
    assert seen_locally == seen_on_ray
    assert seen_on_ray["mark failed"] == 12


@pytest.mark.slow
def test_a_record_that_kills_every_worker_does_not_keep_the_run_busy_for_ever(
    tmp_path: Path,
) -> None:
    out = open_folder(tmp_path / "out", create=True).root
    job = Job(Graph([Deadly()]), out, "r1", ships=False)
    with pytest.raises(StopRun, match=r"5 workers died over food-b\d+: .*--runner local"):
        list(RUNNERS["ray"]().run(job, buckets()[:1], lambda *_: None))


@pytest.mark.slow
@pytest.mark.parametrize("runner", sorted(RUNNERS))
def test_what_ends_a_run_comes_out_as_it_was_raised(tmp_path: Path, runner: str) -> None:
    ref = EntityRef(entity_id=entity_id("poor soup"), domain="food", title="poor soup", locator="")
    job = Job(GRAPH, open_folder(tmp_path / "out", create=True).root, "r1", ships=False)
    with pytest.raises(StopRun, match="the budget is spent"):
        list(RUNNERS[runner]().run(job, partition([ref]), lambda *_: None))
