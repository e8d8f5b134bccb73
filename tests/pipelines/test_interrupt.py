"""A run that is killed or interrupted goes on where it was, and ends with the bytes of one that was not."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalogs.check import check_output
from catalogs.database import query
from catalogs.manifest import read_manifest
from pipelines.profile import load_profile
from pipelines.run import Summary, run
from tests.pipelines.slices import DOMAINS, LIMIT, bring_up, files_of

MAIN = "from pipelines.cli import main; main()"
KILL_ITSELF = """
import os, signal, sys
folder, left = os.environ["FOLDER"], int(os.environ["RENAMES"])
def count(event, arguments):
    global left
    if event == "os.rename" and str(arguments[0]).startswith(folder):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
"""
"""Ends the process just before it gives the n-th file or folder of an output folder its name."""


def start(out: Path) -> subprocess.Popen[str]:
    domains = [word for domain in DOMAINS for word in ("--domain", domain)]
    arguments = ["run", "--runner", "local", "--limit", str(LIMIT), "--out", str(out), *domains]
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments]
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
    locally: tuple[Path, Summary], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for results in (12, 30, 44):
        killed = start(out)
        stop_after(killed, out, results, signal.SIGKILL)
        assert killed.returncode in (-signal.SIGKILL, 0)
    bring_up(out, "local")
    for part in ("shards", "splits"):
        assert files_of(out / part) == files_of(locally[0] / part)
    assert check_output(out) == [], "nothing is left over"


@pytest.mark.slow
def test_a_kill_while_files_are_replaced_leaves_what_was_there_readable(
    locally: tuple[Path, Summary], tmp_path: Path
) -> None:
    """Smaller buckets: nothing is computed, every shard is written anew and the old ones go."""
    out, uninterrupted = (shutil.copytree(locally[0], tmp_path / name) for name in ("out", "whole"))
    settings = ["--limit", str(LIMIT), "--set", "bucket_size=1"]
    settings += [word for domain in DOMAINS for word in ("--domain", domain)]
    command = [sys.executable, "-c", KILL_ITSELF + MAIN, "run", "--runner", "local", "--out", str(out)]
    for renames in random.Random(5).sample(range(2, 14), 3):
        environment = {**os.environ, "FOLDER": str(out), "RENAMES": str(renames)}
        killed = subprocess.run([*command, *settings], env=environment, capture_output=True, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert {problem.what for problem in check_output(out)} <= {
            "left over from an interrupted run",
            "not in the manifest",
        }
        manifest = read_manifest(out)
        assert manifest is not None
        assert manifest.trajectories == locally[1].trajectories
        assert query(out / "catalog.duckdb", "SELECT * FROM trajectories").num_rows == manifest.trajectories
    profile = load_profile("embedded", {"limit": LIMIT, "bucket_size": 1})
    for folder in (out, uninterrupted):
        done = run(profile, folder, domains=DOMAINS, runner="local", observe=lambda *_: None)
        assert done.computed == 0
        assert check_output(folder) == []
    for part in ("shards", "splits"):
        assert files_of(out / part) == files_of(uninterrupted / part)


@pytest.mark.slow
def test_an_interrupt_says_that_nothing_is_lost_and_the_next_run_goes_on(
    locally: tuple[Path, Summary], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    running = start(out)
    said = stop_after(running, out, 14, signal.SIGINT)
    assert running.returncode == 130, said
    assert "everything finished is kept" in " ".join(said.split())
    assert not (out / "run.lock").exists()
    assert check_output(out) == []
    finished = bring_up(out, "local")
    assert 0 < finished.computed < locally[1].computed
    assert files_of(out / "shards") == files_of(locally[0] / "shards")
