"""Imports point one way: pipelines, then the four rooms of stages, then workers, then catalogs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STAGE_ROOMS = {"sources", "filters", "annotators", "verifiers"}
MAY_IMPORT = {
    "catalogs": {"catalogs"},
    "workers": {"workers", "catalogs"},
    **{room: {room, "workers", "catalogs"} for room in STAGE_ROOMS},
    "pipelines": {"pipelines", "workers", "catalogs"} | STAGE_ROOMS,
}


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_room_imports_only_what_lies_below(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for module in imports_of(path)
        if module.split(".")[0] in MAY_IMPORT and module.split(".")[0] not in MAY_IMPORT[room]
    ]
    assert not wrong
