"""A process that ends just before a file gets its name leaves what was there, and the next run cleans up."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from catalogs.check import check_output
from catalogs.manifest import read_manifest
from catalogs.sql.database import query
from pipelines.profile import load_profile
from pipelines.run import Summary, run
from tests.pipelines.slices import DOMAINS, LIMIT, files_of

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
from pipelines.cli import main; main()
"""
"""Ends the process before the n-th file or folder of an output folder is given its name."""


@pytest.mark.slow
def test_a_kill_while_files_are_replaced_leaves_what_was_there_readable(
    locally: tuple[Path, Summary], tmp_path: Path
) -> None:
    """Smaller buckets: nothing is computed, every shard is written anew and the old ones go."""
    out, whole = (shutil.copytree(locally[0], tmp_path / name) for name in ("out", "whole"))
    arguments = ["run", "--runner", "local", "--out", str(out), "--limit", str(LIMIT), "--set", "gallery=0"]
    arguments += ["--set", "bucket_size=1", *(word for domain in DOMAINS for word in ("--domain", domain))]
    command = [sys.executable, "-c", KILL_ITSELF, *arguments]
    for renames in (5, 4, 2):
        environment = {**os.environ, "FOLDER": str(out), "RENAMES": str(renames)}
        killed = subprocess.run(command, env=environment, capture_output=True, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        processes = {path.name.split("-")[1] for path in out.rglob(".tmp-*")}
        assert len(processes) == 1, "of this run; what earlier ones left is gone"
        for problem in check_output(out):
            assert not re.search("SHA-256|cannot be read|bytes, not|rows are not", problem.what), (
                "what has its name is whole; the rest is that the next run has something to do"
            )
        manifest = read_manifest(out)
        assert manifest is not None
        assert manifest.trajectories == locally[1].trajectories
        assert query(out / "catalog.duckdb", "SELECT * FROM trajectories").num_rows == manifest.trajectories
    profile = load_profile("embedded", {"gallery": 0, "limit": LIMIT, "bucket_size": 1})
    for folder in (out, whole):
        done = run(profile, folder, domains=DOMAINS, runner="local", observe=lambda *_: None)
        assert done.computed == 0
        assert check_output(folder) == [], "nothing is left over"
    for part in ("shards", "splits"):
        assert files_of(out / part) == files_of(whole / part)
