"""One run a domain; what all share is waited for; what a dead process held is taken over."""

from __future__ import annotations

import json
import os
import socket
import threading
from pathlib import Path

import pytest

from catalogs.errors import FolderError
from catalogs.files import target_of, temporary_beside
from catalogs.stage import StopRun
from pipelines.engine import locks
from pipelines.engine.locks import SHARED, locked, must_hold, shared
from pipelines.folder import OutputFolder, open_folder

DEAD = {"host": socket.gethostname(), "pid": 2**22 + 1, "started": 1.0, "since": "then"}


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    return open_folder(tmp_path / "a", create=True)


def held_by(folder: OutputFolder, domain: str, who: dict[str, object]) -> Path:
    path = folder.root / "locks" / f"{domain}.lock"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(who))
    return path


def test_a_second_run_is_refused_with_host_process_and_time_of_the_first(folder: OutputFolder) -> None:
    with locked(folder, ["food", "toy"]):
        with pytest.raises(FolderError) as refused, locked(folder, ["art", "food"]):
            pass
        message = str(refused.value)
        assert f"process {os.getpid()} on {socket.gethostname()} works on food since 20" in message
    with locked(folder, ["art", "food"]):
        pass


def test_runs_on_disjoint_domains_go_side_by_side(folder: OutputFolder) -> None:
    with locked(folder, ["food"]), locked(folder, ["toy"]):
        assert {path.stem for path in (folder.root / "locks").glob("*.lock")} == {"food", "toy"}
    assert not list((folder.root / "locks").glob("*.lock"))


def test_a_refused_run_lets_go_of_what_it_took(folder: OutputFolder) -> None:
    with locked(folder, ["toy"]):
        with pytest.raises(FolderError), locked(folder, ["art", "toy"]):
            pass
        with locked(folder, ["art"]):
            pass


def test_the_lock_of_a_dead_process_is_taken_over_and_one_of_another_host_is_not(
    folder: OutputFolder,
) -> None:
    path = held_by(folder, "food", DEAD)
    with locked(folder, ["food"]):
        assert json.loads(path.read_text())["pid"] == os.getpid()
    held_by(folder, "food", DEAD | {"host": "elsewhere"})
    with pytest.raises(FolderError, match="elsewhere"), locked(folder, ["food"]):
        pass


def test_a_container_of_the_same_name_is_not_taken_for_gone(
    folder: OutputFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its processes have numbers of their own. While it lives it keeps the file of its lock locked."""
    with locked(folder, ["food"]):
        path = folder.root / "locks" / "food.lock"
        path.write_text(json.dumps(DEAD | {"system": "another boot/pid:[1]"}))
        with pytest.raises(FolderError, match="is in use"), locked(folder, ["food"]):
            pass
    held_by(folder, "food", DEAD | {"system": "another boot/pid:[1]"})
    with locked(folder, ["food"]):
        assert json.loads(path.read_text())["pid"] == os.getpid()


def test_a_torn_lock_is_stale(folder: OutputFolder) -> None:
    held_by(folder, "food", DEAD).write_text("{")
    with locked(folder, ["food"]):
        pass


def test_what_is_shared_is_waited_for(folder: OutputFolder) -> None:
    order: list[str] = []

    def other() -> None:
        with shared(folder):
            order.append("other")

    thread = threading.Thread(target=other)
    with shared(folder):
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive()
        order.append("mine")
    thread.join(timeout=60)
    assert order == ["mine", "other"]


def test_who_is_waited_for_long_is_told(
    folder: OutputFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(locks, "PATIENCE", 0.0)
    path = held_by(folder, SHARED, DEAD | {"host": "elsewhere"})

    def waits(_: float) -> None:
        if caplog.messages:
            path.unlink()

    monkeypatch.setattr(locks.time, "sleep", waits)
    with shared(folder):
        pass
    (said,) = caplog.messages
    assert said.startswith("waiting for process 4194305 on elsewhere")
    assert said.endswith(f"delete {path}")


def test_what_a_killed_run_was_writing_is_removed_by_the_next_one(folder: OutputFolder) -> None:
    (folder.shards / ".tmp-1-food-b").mkdir(parents=True)
    (folder.shards / ".tmp-1-food-b" / ".tmp-1-inner").touch()
    (folder.root / ".tmp-1-manifest.json").touch()
    with locked(folder, ["food"]):
        assert (folder.root / ".tmp-1-manifest.json").exists(), "no run was killed as far as the lock tells"
    held_by(folder, "food", DEAD)
    with locked(folder, ["food"]):
        assert not list(folder.root.rglob(".tmp-*"))


def test_what_another_run_may_be_writing_is_left(folder: OutputFolder) -> None:
    folder.shards.mkdir()
    for name in ("food", "toy"):
        temporary_beside(folder.shards / f"{name}-b.tar").touch()
    held_by(folder, "toy", DEAD | {"host": "elsewhere"})
    held_by(folder, "food", DEAD)
    with locked(folder, ["food"]):
        assert [target_of(path) for path in folder.root.rglob(".tmp-*")] == ["toy-b.tar"]


def test_setting_the_clock_ends_nobody(folder: OutputFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a process began is told by the time of day, which is moved under it."""
    pslinux = pytest.importorskip("psutil._pslinux")
    with locked(folder, ["food"]):
        booted = pslinux.boot_time()
        monkeypatch.setattr(pslinux, "boot_time", lambda: booted + 30)
        with pytest.raises(FolderError, match="is in use"), locked(folder, ["food"]):
            pass


def test_a_run_that_was_taken_over_leaves_the_lock_to_the_other(folder: OutputFolder) -> None:
    with locked(folder, ["food"], "r1"):
        path = held_by(folder, "food", DEAD | {"run": "r2"})
    with shared(folder, "r1"):
        other = held_by(folder, SHARED, DEAD | {"run": "r2"})
    assert path.exists()
    assert other.exists()


def test_a_run_that_was_taken_over_may_write_no_more(folder: OutputFolder) -> None:
    with locked(folder, ["food"], "r1"):
        must_hold(folder, "r1", "food")
        with pytest.raises(StopRun, match="no longer holds toy"):
            must_hold(folder, "r1", "toy")
        held_by(folder, "food", DEAD | {"run": "r2"})
        with pytest.raises(StopRun, match="another run has taken over"):
            must_hold(folder, "r1", "food")
    with shared(folder, "r1"):
        must_hold(folder, "r1", "toy")
