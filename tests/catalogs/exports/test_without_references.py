"""A trajectory that needed no search has no references: targets that want two leave it out, and count it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from catalogs.exports import FORMATS, Settings, check_export, format_of, training, write_export
from catalogs.exports.samples import Sample, Source
from catalogs.manifest import read_manifest
from tests.catalogs.exports.shelf import Shelf, dialogue


@pytest.fixture
def sources(shelf: Shelf) -> list[Source]:
    """One trajectory as it is, one that went straight to its recaption and holds no references."""
    said = dialogue("Plum")
    shelf.put([shelf.cells("Apple"), shelf.cells("Plum", turns=said, attempts=2)])
    manifest = read_manifest(shelf.out)
    assert manifest is not None
    (source,) = training(shelf.out, manifest)

    def read() -> Iterator[Sample]:
        for sample in source.read():
            if sample.row.title == "Plum":
                kept = {role: data for role, data in sample.pictures.items() if not role.startswith("ref")}
                sample = replace(sample, pictures=kept)
            yield sample

    return [replace(source, read=read)]


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"rl"}))
def test_it_is_left_out_with_its_reason(
    shelf: Shelf, sources: list[Source], tmp_path: Path, name: str
) -> None:
    index = write_export(tmp_path / "to", sources, format_of(name), Settings(), shelf.store)
    assert index.left_out["not-two-references"] == 1
    assert check_export(tmp_path / "to") == []


def test_reinforcement_needs_none(shelf: Shelf, sources: list[Source], tmp_path: Path) -> None:
    """Whether to search is a part of what is learned there."""
    index = write_export(tmp_path / "to", sources, format_of("rl"), Settings(), shelf.store)
    assert (index.samples, index.left_out) == (2, {})
