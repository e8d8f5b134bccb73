"""Killed drivers and workers on Ray cost nothing but the batch that they were in. `make soak` does more."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.run import Summary
from tests.soak import soak


@pytest.mark.slow
def test_killed_drivers_and_workers_leave_no_trace(locally: tuple[Path, Summary], tmp_path: Path) -> None:
    soaked = soak(tmp_path, locally[0], kills=2, seed=3)
    assert (soaked.drivers, soaked.workers) == (1, 1)
    assert soaked.different == []
    assert soaked.repeated == []
