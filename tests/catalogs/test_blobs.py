"""Blobs are whole or named as missing or damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.blobs import BlobStore
from catalogs.errors import BlobError


def test_same_bytes_are_stored_once(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    assert store.put(b"picture") == store.put(b"picture")
    assert list(store.names()) == [store.put(b"picture")]
    assert store.get(store.put(b"picture")) == b"picture"


def test_missing_and_damaged_blobs_are_told_apart(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    name = store.put(b"picture")
    store.path(name).write_bytes(b"picturE")
    with pytest.raises(BlobError, match="damaged"):
        store.get(name)
    store.path(name).unlink()
    with pytest.raises(BlobError, match="missing"):
        store.get(name)


def test_a_cut_blob_is_written_again(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    name = store.put(b"picture")
    store.path(name).write_bytes(b"pic")
    store.put(b"picture")
    assert store.get(name) == b"picture"
