"""The output folder is Tracemill's own, or the run says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.errors import FolderError
from pipelines.folder import claim, open_folder
from pipelines.profile import load_profile
from pipelines.run import planned
from tests.pipelines.slices import begun


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(FolderError, match="holds other files"):
        open_folder(tmp_path, create=True)


def test_a_folder_that_another_process_makes_at_this_moment_is_no_folder_of_others(tmp_path: Path) -> None:
    """Or one that was killed while it made it."""
    (tmp_path / ".tmp-17-23-tracemill.json").touch()
    assert open_folder(tmp_path, create=True).root == tmp_path


def test_a_file_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderError, match="is a file"):
        open_folder(tmp_path / "file", create=True)
    with pytest.raises(FolderError, match="tracemill run --out"):
        open_folder(tmp_path / "none")


def test_an_unwritable_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderError, match="cannot be written"):
        open_folder(tmp_path / "file" / "below", create=True)


def test_a_folder_can_be_opened_again_and_moved(tmp_path: Path) -> None:
    open_folder(tmp_path / "a", create=True)
    (tmp_path / "a").rename(tmp_path / "b")
    assert open_folder(tmp_path / "b").root == tmp_path / "b"


def test_damaged_marker_is_named(tmp_path: Path) -> None:
    open_folder(tmp_path / "a", create=True)
    (tmp_path / "a" / "tracemill.json").write_text("{")
    with pytest.raises(FolderError, match=r"tracemill\.json is damaged"):
        open_folder(tmp_path / "a")


def test_a_folder_stays_with_the_source_of_its_first_run(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "a", create=True)
    claim(folder, "sample")
    claim(folder, "sample")
    with pytest.raises(FolderError, match="holds the source sample, not zim"):
        claim(open_folder(tmp_path / "a"), "zim:wikipedia")


def test_what_another_source_would_do_in_a_folder_is_not_told(indexed: Path, tmp_path: Path) -> None:
    out = begun(tmp_path / "out", indexed)
    claim(open_folder(out), "zim:wikipedia")
    with pytest.raises(FolderError, match="holds the source zim:wikipedia, not sample: name the former"):
        planned(load_profile("embedded", {"limit": 1}), out)
