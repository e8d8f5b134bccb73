"""A run that is killed or interrupted goes on where it was, and ends with the bytes of one that was not."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from catalogs.sql.database import query
from pipelines.run import Summary
from tests.pipelines.slices import begun, bring_up, command_of, files_of


def start(out: Path) -> subprocess.Popen[str]:
    command = command_of(out, "local")
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=_listen_to_interrupts
    )


def _listen_to_interrupts() -> None:
    """Tests that run in the background hand down a disposition in which Ctrl-C is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def stop_after(running: subprocess.Popen[str], out: Path, results: int, how: signal.Signals) -> str:
    """Send a signal once the ledger holds so many files; returns what the process printed."""
    while len(list((out / "ledger").rglob("*.*"))) < results and running.poll() is None:
        time.sleep(0.02)
    running.send_signal(how)
    return running.communicate(timeout=120)[0]


@pytest.mark.slow
def test_a_run_killed_three_times_ends_with_the_same_bytes(
    locally: tuple[Path, Summary], indexed: Path, tmp_path: Path
) -> None:
    out = begun(tmp_path / "out", indexed)
    for results in (12, 30, 44):
        killed = start(out)
        stop_after(killed, out, results, signal.SIGKILL)
        assert killed.returncode in (-signal.SIGKILL, 0)
    bring_up(out, "local")
    for part in ("shards", "splits"):
        assert files_of(out / part) == files_of(locally[0] / part)
    nameless = (
        "SELECT DISTINCT run FROM outcomes o ANTI JOIN declarations d ON d.run = o.run AND d.stage = o.stage"
    )
    assert query(out / "catalog.duckdb", nameless).num_rows == 0, "killed runs say which models they had, too"


@pytest.mark.slow
def test_an_interrupt_says_that_nothing_is_lost(indexed: Path, tmp_path: Path) -> None:
    out = begun(tmp_path / "out", indexed)
    running = start(out)
    said = stop_after(running, out, 14, signal.SIGINT)
    assert running.returncode == 130, said
    assert "everything finished is kept" in " ".join(said.split())
    assert not list((out / "locks").glob("*.lock"))
