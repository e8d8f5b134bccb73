"""``tracemill export``: a folder is held to one format, checked once written; refusals say what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from catalogs.blobs import BlobStore
from catalogs.errors import CatalogError, FolderError
from catalogs.exports import ExportError, Settings
from catalogs.splits.factip import write_factip
from pipelines.cli import app
from pipelines.export import export
from pipelines.folder import open_folder
from tests.catalogs.conftest import blobs, make_cells, make_picture  # noqa: F401
from tests.catalogs.exports.shelf import Shelf


@pytest.fixture
def out(tmp_path: Path, make_cells: Any, blobs: Any) -> Path:  # noqa: F811
    open_folder(tmp_path / "out", create=True)
    (tmp_path / "out" / "shards").rmdir() if (tmp_path / "out" / "shards").exists() else None
    shelf = Shelf(tmp_path / "out", make_cells, blobs)
    shelf.put([shelf.cells("Apple"), shelf.cells("Plum", attempts=2)])
    assert isinstance(shelf.store, BlobStore)
    return tmp_path / "out"


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


def test_export_and_check_from_the_command_line(out: Path, tmp_path: Path) -> None:
    made = run("--format", "sharegpt", "--to", tmp_path / "to", "--out", out)
    assert made.exit_code == 0, made.output
    assert "2 samples as sharegpt" in made.output
    checked = run("--check", tmp_path / "to")
    assert (checked.exit_code, checked.output.strip()) == (0, "sound")


def test_check_lists_problems_and_says_so_in_its_exit_code(out: Path, tmp_path: Path) -> None:
    run("--format", "sharegpt", "--to", tmp_path / "to", "--out", out)
    next((tmp_path / "to" / "images").rglob("*.jpg")).unlink()
    checked = run("--check", tmp_path / "to")
    assert checked.exit_code == 1
    assert "missing" in checked.output


def test_the_report_tells_what_was_left_out(out: Path, tmp_path: Path) -> None:
    made = run("--format", "unify-agent", "--to", tmp_path / "to", "--out", out, "--max-tokens", "100")
    assert "0 samples" in made.output
    report = json.loads((tmp_path / "to" / "report.json").read_text())
    assert report["left_out"]["over-token-budget"]["samples"] == 2


def test_a_folder_is_held_to_its_format(out: Path, tmp_path: Path) -> None:
    export(open_folder(out), tmp_path / "to", "rl", Settings())
    with pytest.raises(FolderError, match="holds an export as rl of train"):
        export(open_folder(out), tmp_path / "to", "hf", Settings())


def test_other_files_are_never_mixed_in(out: Path, tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "mine.txt").write_text("mine")
    with pytest.raises(FolderError, match="empty folder"):
        export(open_folder(out), tmp_path / "to", "rl", Settings())


def test_unknown_formats_and_choices_are_refused(out: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no format 'csv'"):
        export(open_folder(out), tmp_path / "to", "csv", Settings())
    refused = run("--format", "rl", "--to", tmp_path / "to", "--out", out, "--target", "sketch")
    assert (refused.exit_code, "ground-truth" in refused.output) == (2, True)
    incomplete = run("--format", "rl", "--out", out)
    assert (incomplete.exit_code, "--to" in incomplete.output) == (2, True)


def test_an_output_folder_without_shards_says_what_to_run(tmp_path: Path) -> None:
    open_folder(tmp_path / "empty", create=True)
    with pytest.raises(CatalogError, match="tracemill run"):
        export(open_folder(tmp_path / "empty"), tmp_path / "to", "rl", Settings())


def test_checking_what_is_no_export_says_so(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no whole export"):
        raise run("--check", tmp_path).exception


def test_a_benchmark_that_was_not_searched_for_leaks_stays_in_the_house(out: Path, tmp_path: Path) -> None:
    folder = open_folder(out)
    write_factip(folder.splits / "factip", [], set(), folder.blobs)
    with pytest.raises(ExportError, match="tracemill split factip"):
        export(folder, tmp_path / "to", "hf", Settings(split="factip"))
