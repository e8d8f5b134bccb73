"""The output folder is Tracemill's own, or the run says what to do."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from catalogs.errors import FolderError
from pipelines.folder import claim, locked, open_folder


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(FolderError, match="holds other files"):
        open_folder(tmp_path, create=True)


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


def test_second_run_is_refused_with_the_first_ones_process(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "a", create=True)
    with locked(folder), pytest.raises(FolderError, match=f"process {os.getpid()}"), locked(folder):
        pass
    with locked(folder):
        pass


def test_lock_of_a_dead_process_is_taken_over_and_one_of_another_host_is_not(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "a", create=True)
    lock = folder.root / "run.lock"
    dead = {"host": socket.gethostname(), "pid": 2**22 + 1, "started": 1.0, "since": "then"}
    lock.write_text(json.dumps(dead))
    with locked(folder):
        pass
    lock.write_text(json.dumps(dead | {"host": "elsewhere"}))
    with pytest.raises(FolderError, match="elsewhere"), locked(folder):
        pass


def test_a_folder_stays_with_the_source_of_its_first_run(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "a", create=True)
    claim(folder, "sample")
    claim(folder, "sample")
    with pytest.raises(FolderError, match="holds the source sample, not zim"):
        claim(open_folder(tmp_path / "a"), "zim:wikipedia")


def test_what_a_killed_run_was_writing_is_removed_by_the_next_one(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "a", create=True)
    (folder.shards / ".tmp-1-food").mkdir(parents=True)
    (folder.shards / ".tmp-1-food" / ".tmp-1-inner").touch()
    (folder.root / ".tmp-1-manifest.json").touch()
    with locked(folder):
        assert (folder.root / ".tmp-1-manifest.json").exists(), "no run was killed as far as the lock tells"
    dead = {"host": socket.gethostname(), "pid": 2**22 + 1, "started": 1.0, "since": "then"}
    (folder.root / "run.lock").write_text(json.dumps(dead))
    with locked(folder):
        assert not list(folder.root.rglob(".tmp-*"))
