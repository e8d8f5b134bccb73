"""The shipped profile `endpoint` against a server: whole runs, their replay, and the key that nobody sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalogs.sql.database import query
from pipelines.account import account_of
from pipelines.folder import open_folder
from pipelines.profile import Profile, ProfileError, load_profile
from pipelines.run import planned, run
from pipelines.upkeep.of_profile import collect_garbage
from tests.fakes import Fake, serving
from tests.pipelines.endpoints import forget_clients
from tests.pipelines.slices import begun, files_of
from workers.endpoint.errors import EndpointError, EndpointSetupError
from workers.endpoint.journal import Journal, Recorded

KEY = "sk-7f3a9c51d2"


def profile(fake: Fake, **more: Any) -> Profile:
    chat = {"base_url": f"{fake.address}/v1", "key_env": "TEACHER_KEY", "timeout": 20.0, "price_in": 3.0}
    fields = {"gallery": 0, "limit": 1, **{f"chat.{name}": value for name, value in chat.items()}, **more}
    return load_profile("endpoint", fields)


@pytest.mark.slow
def test_a_whole_run_keeps_its_key_to_itself_and_replays_to_the_same_shards(
    indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setenv("TEACHER_KEY", KEY)
    first, again = (begun(tmp_path / name, indexed) for name in ("first", "again"))
    with serving(Fake(key=KEY)) as fake:
        chosen = profile(fake, process=True)
        summary = run(chosen, first, domains=["toy", "mascot"], runner="local", observe=lambda *_: None)
    assert summary.trajectories > 0
    assert sum(stage.tokens_in for stage in summary.funnel.stages) > 1000
    more = planned(profile(fake, limit=2, process=True), first, domains=["toy", "mascot"])
    spent = account_of(chosen, first).total
    assert spent.money > 0
    assert spent.micros == more.spent.micros == 3 * spent.tokens_in, "the results account for every call"
    assert more.cost.micros > 0, "another entity a domain is expected to cost what these did"
    judged = "SELECT count(*) = (SELECT sum(turns) FROM trajectories), avg(score) FROM process"
    assert list(query(first / "catalog.duckdb", judged).to_pylist()[0].values()) == [True, 0.5]
    assert KEY not in caplog.text
    assert not [path for path in first.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]

    monkeypatch.delenv("TEACHER_KEY")
    forget_clients()
    replayed = profile(fake, process=True, replay=str(first / "calls"))
    run(replayed, again, domains=["toy", "mascot"], runner="local", observe=lambda *_: None)
    for part in ("shards", "splits"):
        assert files_of(again / part) == files_of(first / part) != {}
    assert not (again / "calls").exists()


def test_a_missing_key_ends_the_run_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEACHER_KEY", raising=False)
    with serving(Fake()) as fake, pytest.raises(EndpointSetupError, match="TEACHER_KEY"):
        run(profile(fake), tmp_path, domains=["toy"], runner="local", observe=lambda *_: None)
    assert not fake.calls
    assert not (tmp_path / "ledger").exists()


@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_replay_wants_calls_and_somebody_who_would_be_called(tmp_path: Path, command: str) -> None:
    def refused(name: str, replay: Path) -> str:
        out = tmp_path / "out"
        chosen = load_profile(name, {"limit": 1, "replay": str(replay)})
        open_folder(out, create=True)
        call: Callable[..., object] = run if command == "run" else planned
        quietly: dict[str, Any] = {"runner": "local", "observe": lambda *_: None} if command == "run" else {}
        with pytest.raises((ProfileError, EndpointError)) as error:
            call(chosen, out, domains=["toy"], **quietly)
        assert not (out / "ledger").exists()
        return str(error.value)

    for name in ("embedded", "endpoint"):
        assert "there is no folder" in refused(name, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "holds no journal of calls" in refused("endpoint", tmp_path / "empty")
    Journal(tmp_path / "calls").append(b"a" * 16, Recorded(b"{}"))
    assert "nothing to replay" in refused("embedded", tmp_path / "calls")


def test_upkeep_calls_nobody_and_needs_no_key(
    indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PAINTER_KEY", raising=False)
    out = begun(tmp_path / "out", indexed)
    painter = {"base_url": "http://localhost:1/v1", "model": "brush", "key_env": "PAINTER_KEY"}
    chosen = load_profile("endpoint", {"limit": 1, "drawing": painter})
    assert collect_garbage(chosen, out, dry_run=True).results.total() == 0
