"""The shelf that the tests of exports take their shards from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.catalogs.exports.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path, make_cells: Callable[..., dict[str, Any]], blobs: Any) -> Shelf:
    return Shelf(tmp_path / "out", make_cells, blobs)
