"""A run with every model behind HTTP: nothing lost, nothing paid twice, the same bytes from the journal."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from catalogs.results import FAILED, KEPT, REJECTED
from pipelines.engine.buckets import Bucket
from pipelines.folder import OutputFolder
from pipelines.runners import Job, LocalRunner
from tests.fakes import Fake, Faults, serving
from tests.fakes.faults import OF_MODELS, OVER_HTTP
from tests.pipelines.endpoints import HANGING, bring_up, forget_clients, graph_over, served
from workers.endpoint import Budget
from workers.endpoint.errors import BudgetSpentError
from workers.endpoint.journal import Journal

LAST = "draw"


def ends(job: Job, buckets: list[Bucket]) -> dict[str, tuple[str, str, str, dict[str, str]]]:
    """Prompt -> where it ended: stage, outcome, reason, digests of what was written there."""
    flow = job.flow(lambda *_: None)
    found: dict[str, tuple[str, str, str, dict[str, str]]] = {}
    for bucket in buckets:
        walk = flow.plan(bucket)
        assert not walk.missing
        for step in walk.steps:
            if step.grain == "prompt" and (step.entry.outcome in (REJECTED, FAILED) or step.stage == LAST):
                assert step.record.key not in found, "one end a prompt"
                entry = step.entry
                found[step.record.key] = (step.stage, entry.outcome, entry.reason, entry.digests)
    return found


@pytest.mark.slow
def test_with_a_fifth_of_all_calls_failing_every_prompt_is_accounted_for(tmp_path: Path) -> None:
    faults = Faults(rate=0.2, mischief=0.02, seed=5)
    with serving(Fake(faults=faults)) as fake:
        job, buckets = served(fake, tmp_path, entities=50, timeout=HANGING)
    found = ends(job, buckets)
    assert len(found) == 200
    counts = Counter(outcome for _, outcome, _, _ in found.values())
    assert counts[KEPT] + counts[REJECTED] + counts[FAILED] == 200
    assert counts[KEPT] > 140
    assert all(reason for _, outcome, reason, _ in found.values() if outcome != KEPT)
    assert set(faults.made) >= {*OVER_HTTP, *OF_MODELS}
    assert 0.15 < sum(faults.made[kind] for kind in OVER_HTTP) / faults.seen.total() < 0.25
    assert_nothing_paid_twice(tmp_path)


def test_a_run_is_the_same_when_replayed_with_the_network_closed(tmp_path: Path) -> None:
    with serving(Fake(faults=Faults(rate=0.1, mischief=0.1, seed=2))) as fake:
        job, buckets = served(fake, tmp_path / "first", entities=6, timeout=HANGING)
        address = fake.address
    again = tmp_path / "again"
    graph = graph_over(address, again, folder=tmp_path / "first" / "calls", replay=True)
    assert ends(bring_up(graph, buckets, again, "replay"), buckets) == ends(job, buckets)
    assert blobs(again) == blobs(tmp_path / "first")


def assert_nothing_paid_twice(out: Path) -> None:
    journal = Journal(out / "calls")
    assert journal.total.calls == len(journal) > 0


def blobs(out: Path) -> set[str]:
    return {path.name for path in (out / "blobs").rglob("*") if path.is_file()}


def test_a_spent_budget_stops_the_run_and_a_larger_one_goes_on_from_there(tmp_path: Path) -> None:
    with serving(Fake()) as fake:
        with pytest.raises(BudgetSpentError, match="raise budget"):
            served(fake, tmp_path, entities=6, budget=Budget(tokens=20_000))
        spent = Journal(tmp_path / "calls").total
        assert 20_000 <= spent.tokens < 120_000
        job, buckets = served(fake, tmp_path, entities=6, run="second")
        assert {outcome for _, outcome, _, _ in ends(job, buckets).values()} == {KEPT}
        assert_nothing_paid_twice(tmp_path)


def test_a_dialogue_goes_on_from_its_last_finished_turn(tmp_path: Path) -> None:
    def refuse_recaptions(body: dict[str, Any]) -> str | None:
        if "Write the recaption." in str(body["messages"][-1]["content"]):
            raise ConnectionError  # the server dies in the middle of the dialogue
        return None

    with serving(Fake(script=refuse_recaptions)) as fake:
        job, buckets = served(fake, tmp_path, entities=1, tries=1, breaker=False)
        assert {stage for stage, *_ in ends(job, buckets).values()} == {"recaption"}
        before = len(fake.heard)
        fake.script = lambda body: None
        job, _ = served(fake, tmp_path, entities=1, run="second")
        assert {outcome for _, outcome, _, _ in ends(job, buckets).values()} == {KEPT}
        assert_nothing_paid_twice(tmp_path)
        asked_again = fake.heard[before:]
        assert all("Write the recaption." in str(body) or "files" in body for body in asked_again)


def test_every_result_says_which_calls_it_rests_on(tmp_path: Path) -> None:
    """Pictures that several prompts found are fetched once, and are of all of them."""
    with serving(Fake()) as fake:
        served(fake, tmp_path, entities=2)
    journal, ledger = Journal(tmp_path / "calls"), OutputFolder(tmp_path).ledger
    asked: dict[str, dict[str, set[bytes]]] = {}
    for place in ledger.segments():
        segment = ledger.alone(*place)
        for entry in segment.entries():
            asked.setdefault(place[0], {})[entry.key] = segment.asked(entry)
    every = set().union(*(calls for of_stage in asked.values() for calls in of_stage.values()))
    assert len(every) == len(journal)
    assert all(journal.find(digest) for digest in every)
    assert {len(calls) for calls in asked["draw"].values()} == {1}
    assert len(set().union(*asked["gap"].values())) == len(asked["gap"])
    assert all(len(calls) > 2 for calls in asked["search-images"].values()), "a reply, a search, its pictures"


def test_a_retry_asks_again_what_was_refused_to_its_own_records(tmp_path: Path) -> None:
    faults = Faults(refusals={"brush": 1.0})
    with serving(Fake(faults=faults)) as fake:
        _, buckets = served(fake, tmp_path, entities=4)
        refused = len(faults.refused)
        some = [Bucket("toy", bucket.name, bucket.refs[:2]) for bucket in buckets]
        forget_clients()
        job = Job(graph_over(fake.address, tmp_path), tmp_path, "retry", ships=False, retry=True)
        list(LocalRunner().run(job, some, lambda *_: None))
    assert refused == len(faults.refused) == 16
    assert Counter(faults.refused.values()) == {2: 8, 1: 8}
    assert Journal(tmp_path / "calls").total.refused == 24
