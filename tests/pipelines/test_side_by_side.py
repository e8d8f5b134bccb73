"""Two runs in one folder at the same time, each on domains of its own, end as one run of both would."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from catalogs.check import check_output
from pipelines.run import Summary
from tests.pipelines.slices import DOMAINS, command_of, files_of


def start(out: Path, *domains: str) -> subprocess.Popen[str]:
    command = command_of(out, "local", domains)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.slow
def test_runs_on_disjoint_domains_end_as_one_run_of_both(
    locally: tuple[Path, Summary], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    one, *others = DOMAINS
    runs = [start(out, one), start(out, *others)]
    said = [run.communicate(timeout=600)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    for part in ("shards", "splits"):
        assert files_of(out / part) == files_of(locally[0] / part)
    assert check_output(out) == []
    assert not list((out / "locks").glob("*.lock"))
