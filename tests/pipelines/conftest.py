"""Whole runs are dear, so each runner makes one, which all tests share."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.generated_dump import write_dump
from pipelines import cli
from pipelines.run import Summary
from sources.entities.opening import linked
from sources.registry import open_world
from tests.pipelines.slices import PROFILE, begun, bring_up

Said = tuple[int, str]
"""Exit status of a command, and what it wrote to both streams."""


@pytest.fixture
def tracemill(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command in this process."""

    def call(*arguments: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["tracemill", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        written = capsys.readouterr()
        return int(end.value.code or 0), written.out + written.err

    return call


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An `index` folder with the text index of the sample world; copy it with `begun`."""
    index = tmp_path_factory.mktemp("indexed") / "index"
    open_world("sample", seed=PROFILE.seed, index_root=index)
    return index


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A generated dump as a source, with pictures of four entities a category; and an `index` folder with all
    that is made of it, links included."""
    folder = tmp_path_factory.mktemp("generated")
    dump = write_dump(folder, pages=500, drawn=4)
    source = f"dump:{dump}?pictures={folder / 'pictures'}"
    linked(open_world(source, seed=PROFILE.seed, index_root=folder / "index"), folder / "index")
    return source, folder / "index"


@pytest.fixture(scope="session")
def on_ray(tmp_path_factory: pytest.TempPathFactory, indexed: Path) -> tuple[Path, Summary]:
    out = begun(tmp_path_factory.mktemp("ray") / "out", indexed)
    return out, bring_up(out, "ray")


@pytest.fixture(scope="session")
def locally(tmp_path_factory: pytest.TempPathFactory, indexed: Path) -> tuple[Path, Summary]:
    out = begun(tmp_path_factory.mktemp("local") / "out", indexed)
    return out, bring_up(out, "local")


@pytest.fixture
def out(locally: tuple[Path, Summary], tmp_path: Path) -> Path:
    """A copy of the finished folder, to change or to damage."""
    return Path(shutil.copytree(locally[0], tmp_path / "out"))
