"""Whole runs are dear, so each runner makes one, which all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.run import Summary
from tests.pipelines.slices import bring_up


@pytest.fixture(scope="session")
def on_ray(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    out = tmp_path_factory.mktemp("ray") / "out"
    return out, bring_up(out, "ray")


@pytest.fixture(scope="session")
def locally(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    out = tmp_path_factory.mktemp("local") / "out"
    return out, bring_up(out, "local")
