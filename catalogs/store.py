"""A store: the place, on another disk or behind an object store's API, where an output folder is kept.

    store = Store("s3://bucket/prefix")     # or file:///mnt/nas/tracemill, gs://bucket/prefix, a path
    store.write("manifest.json", data)
    store.read_range("shards/food-b-0f3a.tar", 512, 4096)

Objects are named by their path below the address. Everything goes through fsspec, and no more is asked of a
file system than object stores have: list, size, read, read a part, write as a whole, create unless there,
remove. Nothing is renamed, appended to or locked there.

`Store.write` is whole or nothing: on a local or mounted disk a temporary file is flushed and renamed, an
object store shows an object once all of it has come (`PUT`, or the completion of a multipart upload).

What passes by itself is tried `TRIES` times. What does not is a `StoreError` with the way out.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from catalogs.errors import CatalogError, StoreError
from catalogs.files import TEMPORARY, replacing, storing
from catalogs.store_errors import is_transient, refusal

PART = 16 * 2**20
"""Bytes of one transfer: at most 10,000 make an object of S3, so 160 GB; each thread holds one or two."""

TRIES = 4
"""Of one operation, on top of the tries that a client library makes by itself."""

_OPTIONS: dict[str, dict[str, Any]] = {
    "s3": {"config_kwargs": {"retries": {"total_max_attempts": 1}}, "use_listings_cache": False}
}
"""By protocol. Three layers that all try again would make an unreachable server take minutes to tell; and a
listing that is remembered does not show what others have written since."""

_again = Retrying(
    retry=retry_if_exception(is_transient),
    wait=wait_random_exponential(multiplier=0.2, max=10),
    stop=stop_after_attempt(TRIES),
    reraise=True,
)

T = TypeVar("T")


class Store:
    """One address, with everything below it. Threads may share it."""

    def __init__(self, url: str) -> None:
        """`url`: any that fsspec knows. Raises `StoreError` for one that it does not; asks nobody yet."""
        from fsspec.core import split_protocol, url_to_fs

        if re.match(r"[a-z][a-z0-9+.-]+:(?!//)", url):
            raise StoreError(
                f"{url} lacks a slash: write it like s3://bucket/prefix, or ./{url} for a folder"
            )
        self.url = url.rstrip("/")
        protocol = split_protocol(self.url)[0] or "file"
        try:
            # Not from fsspec's cache of clients, which forgets that credentials and endpoint have changed.
            self._fs, root = url_to_fs(self.url, skip_instance_cache=True, **_OPTIONS.get(protocol, {}))
        except ImportError as error:
            extra = (
                "install Tracemill with it (pip install 'tracemill[s3]')"
                if protocol == "s3"
                else "install it"
            )
            raise StoreError(f"{self.url} needs a package that is not there ({error}): {extra}") from error
        except ValueError as error:
            raise StoreError(
                f"{self.url} is no address of a store ({error}): write it like s3://bucket/prefix, "
                "gs://bucket/prefix or file:///folder"
            ) from error
        self._root = root.rstrip("/")
        self._local = protocol in ("file", "local")

    def names(self, prefix: str = "") -> dict[str, int]:
        """Name -> size in bytes of every object below a folder, sorted; none where there is no folder."""

        def listed() -> dict[str, Any]:
            self._fs.invalidate_cache()
            found: dict[str, Any] = self._fs.find(self._path(prefix), detail=True)
            return found

        start = len(self._root) + 1
        return {
            path[start:]: int(info["size"])
            for path, info in sorted(self._asked(prefix, listed).items())
            if info["type"] == "file" and not path.rpartition("/")[2].startswith(TEMPORARY)
        }

    def folders(self, prefix: str) -> list[str]:
        """Names, without `prefix`, of the folders directly below a folder; none where there is no folder."""

        def listed() -> list[str]:
            self._fs.invalidate_cache()
            try:
                found = self._fs.ls(self._path(prefix), detail=True)
            except FileNotFoundError:
                return []
            return sorted(i["name"].rstrip("/").rpartition("/")[2] for i in found if i["type"] == "directory")

        return self._asked(prefix, listed)

    def size(self, name: str) -> int | None:
        """Bytes of one object, None where there is none."""

        def asked() -> int | None:
            self._fs.invalidate_cache()
            try:
                info = self._fs.info(self._path(name))
            except FileNotFoundError:
                return None
            return int(info["size"]) if info["type"] == "file" else None

        return self._asked(name, asked)

    def read(self, name: str) -> bytes:
        """A whole object; raises `StoreError` where there is none."""
        return self._asked(name, lambda: bytes(self._fs.cat_file(self._path(name))))

    def read_if_there(self, name: str) -> bytes | None:
        """A whole object, None where there is none (and where there is no bucket)."""
        try:
            return self.read(name)
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    def read_range(self, name: str, start: int, size: int) -> bytes:
        """Part of an object, in one request; raises `StoreError` where that many bytes are not there."""
        data = self._asked(
            name, lambda: bytes(self._fs.cat_file(self._path(name), start=start, end=start + size))
        )
        if len(data) != size:
            raise StoreError(
                f"{self.url}/{name}: {len(data)} bytes came for {size} at byte {start}: it is cut short, or "
                "was replaced meanwhile: give the same command again"
            )
        return data

    def parts(self, name: str, size: int) -> Iterator[bytes]:
        """An object of `size` bytes, piece by piece."""
        for start in range(0, size, PART):
            yield self.read_range(name, start, min(PART, size - start))

    def write(self, name: str, source: bytes | BinaryIO) -> tuple[int, str]:
        """Put an object in place of what was there, whole or not at all; size and SHA-256 of what was sent.

        `source` is read from its start, as often as it takes. Raises `StoreError`.
        """
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        return self._asked(name, lambda: self._write(self._path(name), file))

    def create(self, name: str, data: bytes) -> bool:
        """Put a small object only where there is none; False where there is one.

        Two that create at once: one of them is told False, on disks and on stores with conditional writes
        (``If-None-Match``: S3, MinIO, Google's). Others look first and then write.
        """
        path = self._path(name)

        def created() -> bool:
            try:
                if self._local:
                    _create(Path(path), data)
                else:
                    self._fs.pipe_file(path, data, mode="create")
            except FileExistsError:
                return False
            return True

        return self._asked(name, created)

    def remove(self, names: Iterable[str]) -> None:
        """Take objects away; one that is gone already is no error."""

        def removed(name: str) -> None:
            try:
                self._fs.rm_file(self._path(name))
            except FileNotFoundError:
                return

        for name in names:
            self._asked(name, lambda name=name: removed(name))  # type: ignore[misc]

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root

    def _asked(self, name: str, task: Callable[[], T]) -> T:
        """Do a task of the file system, again where that may help."""
        try:
            return _again(task)
        except CatalogError:
            raise
        except Exception as error:  # each store's client has a tree of errors of its own
            raise refusal(self.url, name, error) from error

    def _write(self, path: str, source: BinaryIO) -> tuple[int, str]:
        source.seek(0)
        first = source.read(PART)
        hashed = hashlib.sha256(first)
        size = len(first)

        def rest() -> Iterator[bytes]:
            nonlocal size
            while part := source.read(PART):
                hashed.update(part)
                size += len(part)
                yield part

        if self._local:
            with replacing(Path(path)) as temporary, temporary.open("wb") as file:
                file.write(first)
                file.writelines(rest())
        elif len(first) < PART:
            self._fs.pipe_file(path, first)
        else:
            self._upload(path, first, rest())
        return size, hashed.hexdigest()

    def _upload(self, path: str, first: bytes, rest: Iterable[bytes]) -> None:
        """In parts. Leaving a fsspec file by an exception closes it, which would publish half an object: so
        it is committed by hand."""
        file = self._fs.open(path, "wb", block_size=PART, autocommit=False)
        try:
            file.write(first)
            for part in rest:
                file.write(part)
            file.close()
            file.commit()
        except BaseException:
            file.closed = True
            file.discard()
            raise


def _create(path: Path, data: bytes) -> None:
    """Raises FileExistsError; of several processes one alone makes the file, on NFS too."""
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
