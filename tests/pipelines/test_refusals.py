"""What endpoints refuse for what it holds: asked for once, paid once, and the same in a replay."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from catalogs.check import check_output
from catalogs.results import FAILED, KEPT
from pipelines.account import account_of
from pipelines.profile import Profile, load_profile
from pipelines.run import Summary, run
from pipelines.terminal.printing import account_total
from tests.fakes import Fake, Faults, serving
from tests.pipelines.endpoints import HANGING, bring_up, forget_clients, graph_over, served
from tests.pipelines.painters import Painter
from tests.pipelines.slices import begun, files_of
from tests.pipelines.test_endpoint import assert_nothing_paid_twice, blobs, ends
from tests.pipelines.test_judged import is_good
from tests.workers.votes import grades

DOMAINS = ["toy", "mascot"]

MODELS = ("teacher", "brush")

JUDGE = "Judge this candidate"


def test_refused_prompts_and_drawings_fail_once_and_a_replay_fails_the_same(tmp_path: Path) -> None:
    with serving(Fake(faults=Faults(rate=0.1, refusals=dict.fromkeys(MODELS, 0.12), seed=1))) as fake:
        job, buckets = served(fake, tmp_path / "first", entities=6, timeout=HANGING)
        found = ends(job, buckets)
        called = fake.calls.copy()
        again, _ = served(fake, tmp_path / "first", entities=6, run="second", timeout=HANGING)
        assert ends(again, buckets) == found
        assert fake.calls == called, "a later run asks nobody again"
    refused = [(stage, reason) for stage, outcome, reason, _ in found.values() if outcome == FAILED]
    assert {reason for _, reason in refused} == {"EndpointRefusedError"}
    assert {stage for stage, _ in refused} > {"draw"}
    assert any(outcome == KEPT for _, outcome, _, _ in found.values())
    assert {words for words, _ in fake.faults.refused} == set(MODELS)
    assert set(fake.faults.refused.values()) == {1}
    assert_nothing_paid_twice(tmp_path / "first")

    replayed = tmp_path / "replayed"
    graph = graph_over(fake.address, replayed, folder=tmp_path / "first" / "calls", replay=True)
    assert ends(bring_up(graph, buckets, replayed, "replay"), buckets) == found
    assert blobs(replayed) == blobs(tmp_path / "first")


def profile(fake: Fake, **more: Any) -> Profile:
    chat = {"base_url": f"{fake.address}/v1", "model": "teacher", "price_refusal": 0.05, "slots": 24}
    models = {
        "chat": chat,
        "judge": {"chat": "chat", "votes": 3},
        "proof_judge": "chat",
        "drawing": {"base_url": f"{fake.address}/v1", "model": "brush"},
    }
    return load_profile("embedded", {"gallery": 0, "limit": 2, **models, **more})


def knowing(body: dict[str, Any]) -> str | None:
    """A judge of candidates that knows the truth."""
    content = body["messages"][-1]["content"]
    if isinstance(content, list) and JUDGE in content[0]["text"]:
        return grades(9 if is_good(content) else 2)
    return None


def brought_up(chosen: Profile, out: Path, *, retry: bool = False) -> Summary:
    forget_clients()
    return run(chosen, out, domains=DOMAINS, runner="local", observe=lambda *_: None, retry=retry)


def outcomes(out: Path) -> Counter[tuple[str, str, str]]:
    with duckdb.connect(str(out / "catalog.duckdb"), read_only=True) as database:
        rows = database.execute("SELECT key, stage, outcome || reason || detail FROM outcomes").fetchall()
    return Counter(rows)


@pytest.mark.slow
def test_a_job_with_refusals_of_chat_judge_and_image_api_is_replayed_the_same(
    indexed: Path, tmp_path: Path
) -> None:
    out, replayed = (begun(tmp_path / name, indexed) for name in ("out", "replayed"))
    faults = Faults(refusals={JUDGE: 0.05, "teacher": 0.03, "brush": 0.15}, seed=1)
    with serving(Fake(faults=faults, painter=Painter({}), script=knowing)) as fake:
        summary = brought_up(profile(fake), out)
        assert summary.trajectories > 0
        assert {words for words, _ in faults.refused} == {JUDGE, *MODELS}
        assert set(faults.refused.values()) == {1}
        said = account_total(account_of(profile(fake), out))
        assert f"({len(faults.refused)} of them refused)" in said

    closed = profile(fake, replay=str(out / "calls"))
    brought_up(closed, replayed)
    assert files_of(replayed / "shards") == files_of(out / "shards") != {}
    assert outcomes(replayed) == outcomes(out)
    lost = "SELECT count(*) FROM outcomes WHERE reason = 'EndpointRefusedError'"
    unjudged = "SELECT count(*) FROM outcomes WHERE stage LIKE 'judge-ask%' AND outcome = 'failed'"
    with duckdb.connect(str(out / "catalog.duckdb"), read_only=True) as database:
        assert database.execute(lost).fetchall()[0][0] > 0
        assert database.execute(unjudged).fetchall() == [(0,)], "it is a vote without an answer"

    with serving(Fake(painter=Painter({}), script=knowing)) as kinder:
        more = brought_up(profile(kinder), out)
        assert (more.computed, kinder.calls.total()) == (0, 0)
        retried = brought_up(profile(kinder), out, retry=True)
    assert retried.trajectories > summary.trajectories
    again = {
        told for _, _, told in outcomes(out) if "EndpointRefusedError" in told or "not be judged" in told
    }
    assert not again
    assert check_output(out) == []
