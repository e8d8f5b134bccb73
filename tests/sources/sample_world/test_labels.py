"""The truth about the sample web is kept from every stage."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sources.sample_world import labels, slots, table

ROOT = Path(__file__).resolve().parents[3]
ROOMS = (
    "annotators",
    "benchmarks",
    "catalogs",
    "examples",
    "filters",
    "pipelines",
    "sources",
    "verifiers",
    "workers",
)
MAY_KNOW = ("benchmarks/",)


def imported(path: Path) -> Iterator[str]:
    """Every module that a file names in an import, and every name that it takes from one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers(module: str) -> set[str]:
    """Files of the project, tests aside, that import a module."""
    files = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return {str(path.relative_to(ROOT)) for path in files if module in set(imported(path))}


def test_only_the_measurement_of_quality_reads_the_labels() -> None:
    assert [path for path in importers("sources.sample_world.labels") if not path.startswith(MAY_KNOW)] == []


def test_what_the_labels_read_stays_inside_the_sample_world() -> None:
    for module in ("slots", "render", "look_alikes"):
        outside = importers(f"sources.sample_world.{module}")
        assert [path for path in outside if not path.startswith("sources/sample_world/")] == []


def test_a_label_tells_what_is_shown_and_what_is_wrong() -> None:
    rows = table.by_hexcode()
    for url, slot in list(slots.by_address(5).items())[::50]:
        truth = labels.label(5, url)
        assert truth.fault == slot.fault
        assert truth.entity_id == (None if slot.fault == "html" else rows[slot.shown].entity_id)
        if slot.fault not in ("look-alike", "html"):
            assert truth.entity_id == rows[slot.owner].entity_id


def test_look_alikes_are_other_entities() -> None:
    tiger = next(row.entity_id for row in table.rows() if row.title == "Tiger")
    others = labels.look_alikes(tiger)
    assert tiger not in others
    assert set(others) <= {row.entity_id for row in table.rows()}


def test_an_address_of_another_web_has_no_label() -> None:
    with pytest.raises(KeyError):
        labels.label(5, next(iter(slots.by_address(6))))
