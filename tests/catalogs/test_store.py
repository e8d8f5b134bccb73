"""A store keeps objects whole, on a disk and behind the API of S3, and says in one line what goes wrong."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalogs import store as module
from catalogs.digests import sha256
from catalogs.errors import CatalogError, StoreError
from catalogs.store import Store
from tests.fakes.object_store import fresh_bucket, s3_server


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    return fresh_bucket(server, monkeypatch)


@pytest.fixture(params=["folder", "file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "s3":
        return Store(f"{request.getfixturevalue('bucket')}/some/prefix")
    return Store(str(tmp_path / "kept") if request.param == "folder" else f"file://{tmp_path}/kept/")


def test_what_was_written_is_read_and_listed(store: Store) -> None:
    assert store.names() == {}
    assert store.write("a/b/c.json", b"one") == (3, sha256(b"one"))
    assert store.write("a/d", io.BytesIO(b"four")) == (4, sha256(b"four"))
    store.write("e", b"")
    assert store.names() == {"a/b/c.json": 3, "a/d": 4, "e": 0}
    assert store.names("a/b") == {"a/b/c.json": 3}
    assert store.names("a/x") == {}
    assert store.folders("a") == ["b"]
    assert store.folders("x") == []
    assert (store.size("a/d"), store.size("a"), store.size("x")) == (4, None, None)
    assert (store.read("a/d"), store.read("e")) == (b"four", b"")
    assert store.read_range("a/d", 1, 2) == b"ou"


def test_a_later_write_takes_the_place_of_an_earlier_one(store: Store) -> None:
    store.write("a", b"one")
    store.write("a", b"another")
    assert store.read("a") == b"another"
    assert store.names() == {"a": 7}


def test_one_of_two_creates(store: Store) -> None:
    assert store.create("deep/lock", b"first")
    assert not store.create("deep/lock", b"second")
    assert store.read("deep/lock") == b"first"


def test_what_is_removed_is_gone_and_may_be_removed_again(store: Store) -> None:
    store.write("a", b"one")
    store.remove(["a", "a", "b"])
    assert store.names() == {}
    assert store.read_if_there("a") is None


def test_what_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(StoreError, match=f"there is no {store.url}/a/b"):
        store.read("a/b")
    with pytest.raises(StoreError, match="there is no"):
        store.read_range("a/b", 0, 1)


def test_an_object_that_is_shorter_than_was_asked_for_is_told(store: Store) -> None:
    store.write("a", b"four")
    with pytest.raises(StoreError, match="2 bytes came for 10 at byte 2"):
        store.read_range("a", 2, 10)


def test_large_objects_travel_in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PART", 5 * 2**20)  # the least that S3 takes for any part but the last
    data = bytes(range(256)) * (12 * 2**12)
    assert store.write("large", io.BytesIO(data)) == (len(data), sha256(data))
    pieces = list(store.parts("large", len(data)))
    assert [len(piece) for piece in pieces] == [5 * 2**20, 5 * 2**20, 2 * 2**20]
    assert b"".join(pieces) == data


class Broken(io.BytesIO):
    """A file on a disk that fails half-way."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= module.PART:
            raise RuntimeError("the disk is gone")
        return super().read(size)


def test_a_write_that_breaks_off_leaves_what_was_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PART", 5 * 2**20)
    store.write("a", b"before")
    for name in ("a", "b"):
        with pytest.raises(StoreError, match="the disk is gone"):
            store.write(name, Broken(b"x" * 12 * 2**20))
    assert store.names() == {"a": 6}
    assert store.read("a") == b"before"


def failing(store: Store, monkeypatch: pytest.MonkeyPatch, error: Exception, times: int) -> list[str]:
    """Let the next reads fail; the reads that were tried."""
    read, tried = store._fs.cat_file, []

    def cat_file(path: str, **kwargs: Any) -> Any:
        tried.append(path)
        if len(tried) <= times:
            raise error
        return read(path, **kwargs)

    monkeypatch.setattr(store._fs, "cat_file", cat_file)
    return tried


@pytest.mark.parametrize("error", [ConnectionResetError("reset"), TimeoutError(), OSError(16, "slow down")])
def test_what_passes_by_itself_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    store = Store(str(tmp_path))
    store.write("a", b"one")
    tried = failing(store, monkeypatch, error, times=2)
    assert store.read("a") == b"one"
    assert len(tried) == 3


@pytest.mark.parametrize(
    ("error", "says", "tries"),
    [
        (ConnectionResetError("reset"), "cannot be reached", module.TRIES),
        (PermissionError("Access Denied"), "check the credentials", 1),
        (ValueError("odd"), r"the store refuses \(ValueError: odd\)", 1),
    ],
)
def test_what_does_not_pass_is_told_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, says: str, tries: int
) -> None:
    store = Store(str(tmp_path))
    tried = failing(store, monkeypatch, error, times=99)
    with pytest.raises(StoreError, match=says):
        store.read("a")
    assert len(tried) == tries


def test_leftovers_of_a_killed_write_are_not_listed(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    store.write("a", b"one")
    (tmp_path / ".tmp-7-b").write_bytes(b"half")
    assert store.names() == {"a": 3}


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(CatalogError, match="kept"):
        Store(str(tmp_path / "kept")).write("a", b"one")


@pytest.mark.parametrize("url", ["nothing://bucket", "s4://bucket/prefix"])
def test_an_unknown_address_is_told(url: str) -> None:
    with pytest.raises(StoreError, match="write it like s3://bucket/prefix"):
        Store(url)


def test_a_bucket_that_is_not_there_is_told(bucket: str) -> None:
    missing = Store("s3://nobody-made-this/prefix")
    for ask in (missing.names, lambda: missing.write("a", b""), lambda: missing.create("a", b"")):
        with pytest.raises(StoreError, match="make the bucket first"):
            ask()


def test_missing_credentials_are_told(bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(StoreError, match="no credentials"):
        Store(bucket).names()


def test_a_server_that_does_not_answer_is_told(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreError, match="cannot be reached"):
        Store(bucket).names()
