"""Dumps to test with: a small real export where it lies beside the checkout, and a generated world."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.generated_dump import write_dump
from sources.interface import World
from sources.registry import open_world

ROOT = Path(__file__).resolve().parents[3]
TINY = ROOT.parent / "shared" / "data" / "tinywiki-pages-articles.xml"


@pytest.fixture(scope="session")
def tiny() -> Path:
    """A real export of eight pages, schema 0.10."""
    if not TINY.is_file():
        pytest.skip(f"needs {TINY.name} in shared/data beside the checkout")
    return TINY


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """500 pages of five editions, with pictures of two entities a category; the folder of the dumps."""
    return write_dump(tmp_path_factory.mktemp("world"), pages=500, drawn=2)


@pytest.fixture(scope="session")
def world(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    spec = f"dump:{generated}?pictures={generated.parent / 'pictures'}"
    return open_world(spec, seed=1, index_root=tmp_path_factory.mktemp("index"))
