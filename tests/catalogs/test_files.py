"""A refused write names the file and the way out, and what was there stays."""

from __future__ import annotations

import errno
import os
import pickle
from pathlib import Path

import pytest

from catalogs.blobs import BlobStore
from catalogs.errors import FolderError, LedgerError, StorageError
from catalogs.files import replacing, storing, write_bytes
from catalogs.folders import replacing_folder, standing_still


def refuse(temporary: Path, number: int) -> None:
    temporary.write_bytes(b"half")
    temporary.with_name(f"{temporary.name}.wal").write_bytes(b"what a database writes beside itself")
    raise OSError(number, os.strerror(number), str(temporary))


@pytest.mark.parametrize(
    ("number", "way_out"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "raise the quota"),
        (errno.EFBIG, "ulimit -f"),
        (errno.EROFS, "mount it writable"),
        (errno.EACCES, "change its permissions"),
    ],
)
def test_a_refusal_names_the_file_and_the_way_out(tmp_path: Path, number: int, way_out: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(b"before")
    with pytest.raises(StorageError, match=way_out) as refused, replacing(path) as temporary:
        refuse(temporary, number)
    assert str(refused.value).startswith(f"{path} cannot be written")
    assert isinstance(refused.value, FolderError)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_other_errors_pass_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), storing(tmp_path):
        (tmp_path / "nothing").read_bytes()


def test_a_refusal_inside_a_folder_tells_where(tmp_path: Path) -> None:
    inside = str(tmp_path / "index" / "segment")
    with pytest.raises(StorageError, match=f"{tmp_path} cannot be written at {inside}"), storing(tmp_path):
        raise OSError(errno.ENOSPC, "", inside)


def test_a_refusal_comes_whole_from_another_process(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as refused, storing(tmp_path):
        raise OSError(errno.ENOSPC, "")
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)


def test_a_folder_that_cannot_be_filled_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "splits").mkdir()
    with pytest.raises(StorageError), replacing_folder(tmp_path / "splits") as folder:
        raise OSError(errno.ENOSPC, "", str(folder))
    assert [path.name for path in tmp_path.iterdir()] == ["splits"]


def test_a_blob_that_cannot_be_stored_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StorageError, match="free some space"):
        BlobStore(tmp_path).put(b"picture")
    with pytest.raises(StorageError, match="free some space"):
        write_bytes(tmp_path / "report.json", b"{}")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("links", [True, False])
def test_a_folder_stands_still_while_its_files_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    if not links:
        monkeypatch.setattr(os, "link", refused)
    folder = tmp_path / "current"
    folder.mkdir()
    write_bytes(folder / "toy-b.parquet", b"before")
    with standing_still(folder) as still:
        write_bytes(folder / "toy-b.parquet", b"after")
        write_bytes(folder / "toy-b0.parquet", b"new")
        assert {path.name: path.read_bytes() for path in still.iterdir()} == {"toy-b.parquet": b"before"}
    with pytest.raises(LedgerError, match=f"{folder}/toy-b is cut"), standing_still(folder) as still:
        raise LedgerError(f"{still}/toy-b is cut")
    assert [path.name for path in tmp_path.iterdir()] == ["current"]


def test_a_file_system_that_cannot_flush_folders_is_left_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = os.fsync

    def refused(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").resolve().is_dir():
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", refused)
    write_bytes(tmp_path / "manifest.json", b"{}")
    assert (tmp_path / "manifest.json").read_bytes() == b"{}"
