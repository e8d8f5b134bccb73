"""Exports are whole or say that they are not; what is there is not written again; equal shards give equal
bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from catalogs.errors import ShardError
from catalogs.exports import FORMATS, ExportError, check_export, format_of, read_index
from catalogs.exports import parts as parts_module
from catalogs.exports.parts import HOME, Journal
from tests.catalogs.exports.shelf import Shelf, dialogue

NAMES = sorted(FORMATS)


def contents(root: Path) -> dict[str, bytes]:
    """Every file of an export."""
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.fixture
def filled(shelf: Shelf) -> Shelf:
    shelf.put([shelf.cells("Apple"), shelf.cells("Plum", attempts=2)])
    shelf.put([shelf.cells("Tiger", attempts=2)], domain="animal-plant")
    return shelf


@pytest.mark.parametrize("name", NAMES)
def test_an_export_is_sound_as_written(filled: Shelf, tmp_path: Path, name: str) -> None:
    index = filled.export(name, tmp_path / "to")
    assert check_export(tmp_path / "to") == []
    held = sum(index.left_out.values()) + index.samples
    assert held == 3
    assert index.samples == (2 if name == "pairs" else 3)


@pytest.mark.parametrize("name", NAMES)
def test_two_exports_are_the_same_bytes(filled: Shelf, tmp_path: Path, name: str) -> None:
    for to in ("one", "two"):
        filled.export(name, tmp_path / to)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_export_goes_on_and_ends_the_same(
    filled: Shelf, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.export(name, tmp_path / "whole")
    moved = Journal._write
    written: list[str] = []

    def die(self: Journal, record: Any) -> None:
        if record.name.startswith("food") and record.moved:
            raise KeyboardInterrupt
        written.append(record.name)
        moved(self, record)

    with monkeypatch.context() as patch:
        patch.setattr(parts_module.Journal, "_write", die)
        with pytest.raises(KeyboardInterrupt):
            filled.export(name, tmp_path / "killed")
    with pytest.raises(ExportError, match="no whole export"):
        read_index(tmp_path / "killed")
    (tmp_path / "killed" / ".tmp-1-report.json").write_bytes(b"half")
    first = next(p for p in (tmp_path / "killed" / HOME / "parts").iterdir() if p.name.startswith("animal"))
    before = first.stat().st_mtime_ns
    filled.export(name, tmp_path / "killed")
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    assert first.stat().st_mtime_ns == before


def test_a_shard_that_went_takes_its_files_along(filled: Shelf, tmp_path: Path) -> None:
    filled.export("unify-agent", tmp_path / "to")
    filled.put([filled.cells("Apple")])
    filled.export("unify-agent", tmp_path / "to")
    filled.export("unify-agent", tmp_path / "fresh")
    assert contents(tmp_path / "to") == contents(tmp_path / "fresh")


def test_other_settings_write_every_part_anew(filled: Shelf, tmp_path: Path) -> None:
    filled.export("unify-agent", tmp_path / "to")
    filled.export("unify-agent", tmp_path / "to", target="ground-truth")
    filled.export("unify-agent", tmp_path / "fresh", target="ground-truth")
    assert contents(tmp_path / "to") == contents(tmp_path / "fresh")


def test_an_export_that_is_current_is_left_alone(filled: Shelf, tmp_path: Path) -> None:
    filled.export("sharegpt", tmp_path / "to")
    files = [p for p in (tmp_path / "to").rglob("*") if p.is_file() and "data" in p.parts]
    before = [p.stat().st_mtime_ns for p in files]
    filled.export("sharegpt", tmp_path / "to")
    assert [p.stat().st_mtime_ns for p in files] == before


@pytest.mark.parametrize("name", NAMES)
def test_every_damaged_file_is_found(filled: Shelf, tmp_path: Path, name: str) -> None:
    to = tmp_path / "to"
    filled.export(name, to)
    for file in sorted({p.suffix: p for p in to.rglob("*") if p.is_file() and HOME not in p.parts}.values()):
        if file.name == "export.json":
            continue
        data = file.read_bytes()
        file.write_bytes(data[:-1] + b"?")
        assert any(problem.file == file.relative_to(to).as_posix() for problem in check_export(to)), file
        file.unlink()
        assert check_export(to), file
        file.write_bytes(data)
    assert check_export(to) == []


def test_each_sample_tells_licences_credits_and_origins(filled: Shelf, tmp_path: Path) -> None:
    filled.export("sharegpt", tmp_path / "to")
    lines = [
        json.loads(line)
        for path in sorted((tmp_path / "to" / "samples").iterdir())
        for line in path.read_text().splitlines()
    ]
    assert len(lines) == 3
    for line in lines:
        assert line["licences"] == ["CC-BY-SA-4.0"]
        assert set(line["pictures"]) == {"ref1", "ref2", "target", "test"}
        assert all(origin["author"] in line["credits"] for origin in line["pictures"].values())


@pytest.mark.parametrize("name", NAMES)
def test_an_export_that_can_take_nothing_says_so(shelf: Shelf, tmp_path: Path, name: str) -> None:
    blank = [msgspec.structs.replace(turn, input=" <|im_end|> <image>") for turn in dialogue("Apple")]
    shelf.put([shelf.cells("Apple", turns=blank)])
    index = shelf.export(name, tmp_path / "to")
    assert index.samples + sum(index.left_out.values()) == 1
    assert (index.samples == 0) == (name != "hf")
    assert check_export(tmp_path / "to") == []


def test_a_damaged_shard_is_named(filled: Shelf, tmp_path: Path) -> None:
    shard = next((filled.out / "shards").glob("food*.tar"))
    data = bytearray(shard.read_bytes())
    middle = data.index(b"\x89PNG")
    data[middle + 20] ^= 255
    shard.write_bytes(data)
    with pytest.raises(ShardError, match="tracemill check"):
        filled.export("hf", tmp_path / "to")


def test_the_benchmark_is_not_for_formats_to_imitate() -> None:
    with pytest.raises(ExportError, match="no format 'sharegpt' for the split factip"):
        format_of("sharegpt", "factip")
