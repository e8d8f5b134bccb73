"""What a run would do, and why, is told before it is done, and then it is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from catalogs.failures import TRIES
from filters.rules import Rules
from pipelines.folder import open_folder
from pipelines.profile import load_profile
from pipelines.run import planned, run
from pipelines.settings import settings_changed
from pipelines.status import Status, changes
from tests.pipelines.slices import DOMAINS, LIMIT, files_of


def plan(out: Path, **overrides: Any) -> Status:
    fields = {"gallery": 0, "limit": LIMIT} | {
        name.replace("__", "."): value for name, value in overrides.items()
    }
    return planned(load_profile("embedded", fields), out, domains=DOMAINS)


def due(status: Status) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in status.stages:
        if one.due:
            found[one.stage] = found.get(one.stage, 0) + one.due
    return found


@pytest.mark.slow
def test_after_a_run_there_is_nothing_to_do_and_looking_changes_nothing(out: Path) -> None:
    before = files_of(out)
    status = plan(out)
    assert status.idle
    assert (due(status), status.cost.seconds, status.unpriced) == ({}, 0.0, [])
    harvested = [one for one in status.stages if one.stage == "harvest"]
    assert {one.domain: one.kept for one in harvested} == {"toy": 2, "mascot": 1, "comic": 1}
    assert files_of(out) == before


def test_what_is_set_otherwise_than_in_the_newest_run_is_told(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "out", create=True)
    small = load_profile("embedded", {"limit": 2})
    assert settings_changed(folder, small) == [], "nothing ran yet"
    fields = msgspec.to_builtins(small)
    del fields["gallery"]  # as an earlier version wrote it
    folder.runs.mkdir()
    for name, finished in (("1", "2026-01-01T00:00:00+00:00"), ("2", None)):
        record = {"finished": finished, "profile": fields if finished else fields | {"limit": 3}}
        (folder.runs / f"20260101T000000-{name}.json").write_bytes(msgspec.json.encode(record))
    assert settings_changed(folder, small) == []
    other = load_profile("embedded", {"limit": 0, "proof.margin": 0.03})
    assert settings_changed(folder, other) == ["limit 2 -> 0", "proof.margin 0.02 -> 0.03"]


@pytest.mark.slow
def test_a_changed_threshold_is_named_and_costs_no_call(out: Path) -> None:
    status = plan(out, proof__margin=0.0)
    assert set(due(status)) == {"verdict"}
    verdicts = [one for one in status.stages if one.stage == "verdict"]
    assert {reason for one in verdicts for reason in one.because} == {"proof.margin 0.02 -> 0.0"}
    assert sum(one.cost.calls for one in verdicts) == 0
    assert sum(one.stale for one in verdicts) == sum(one.due for one in verdicts) > 0


@pytest.mark.slow
def test_what_a_plan_says_a_run_does(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = Rules.version
    monkeypatch.setattr(Rules, "version", "next")
    status = plan(out)
    assert due(status) == {"rules": due(status)["rules"]}
    assert {r for s in status.stages for r in s.because} == {f"version {version} -> next"}
    assert any(one.follows for one in status.stages if one.stage == "ocr")
    computed: dict[str, int] = {}

    def observe(stage: str, outcome: str, count: int) -> None:
        computed[stage] = computed.get(stage, 0) + (count if outcome != "passed" else 0)

    profile = load_profile("embedded", {"gallery": 0, "limit": LIMIT})
    run(profile, out, domains=DOMAINS, runner="local", observe=observe)
    assert computed["rules"] == due(status)["rules"]
    assert set(computed) <= {"rules", "rules-2"}, "scores are what they were: the wave stops there"
    assert plan(out).idle


@pytest.mark.slow
def test_dead_letters_rest_and_retry_takes_them_up(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def timed_out(*_: Any) -> Any:
        raise TimeoutError("the judge did not answer")

    profile = load_profile("embedded", {"gallery": 0, "limit": LIMIT})
    sound = Rules.score_one
    monkeypatch.setattr(Rules, "version", "late")
    monkeypatch.setattr(Rules, "score_one", timed_out)
    for number in range(TRIES):
        assert sum(one.resting for one in plan(out).stages) == 0
        summary = run(profile, out, domains=["toy"], runner="local", observe=lambda *_: None)
        assert summary.computed > 0, number
    resting = [(one.stage, one.resting) for one in plan(out).stages if one.resting]
    assert [stage for stage, _ in resting] == ["rules"]
    assert planned(profile, out, domains=["toy"]).idle
    monkeypatch.setattr(Rules, "score_one", sound)
    again = run(profile, out, domains=["toy"], runner="local", observe=lambda *_: None, retry=True)
    assert again.computed >= resting[0][1]
    assert not any(one.resting for one in plan(out).stages)


def test_changes_name_what_differs() -> None:
    before = {
        "version": "1",
        "parameters": {"proof": {"margin": 0.02}, "last": False},
        "models": {"chat": "a@1"},
    }
    after = {
        "version": "2",
        "parameters": {"proof": {"margin": 0.05}, "last": False},
        "models": {"chat": "a@2"},
    }
    assert changes(before, after) == [
        "models.chat a@1 -> a@2",
        "proof.margin 0.02 -> 0.05",
        "version 1 -> 2",
    ]
