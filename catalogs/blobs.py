"""Pictures by content: each one stored once, under its SHA-256, whoever found it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catalogs.digests import sha256
from catalogs.errors import BlobError
from catalogs.files import TEMPORARY, remove_quietly, storing, temporary_beside

_WAY_OUT = "`tracemill check` names what to delete so that the next run makes it anew"
"""Not by itself: that takes results out of the ledger, which may have been paid for."""


class BlobStore:
    """A folder of blobs, fanned out over 256 sub-folders by the first two hex digits.

    Writers on several machines may put the same blob at once: both write the same bytes and the rename
    of the later one changes nothing.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, name: str) -> Path:
        return self._root / name[:2] / name

    def put(self, data: bytes) -> str:
        """Store and return the SHA-256 name; a blob that is there is not written again.

        No flush to disk: a blob that a power cut takes is found by its hash when it is read. Raises
        `StorageError` where the disk refuses.
        """
        name = sha256(data)
        path = self.path(name)
        if not path.exists() or path.stat().st_size != len(data):
            temporary = temporary_beside(path)
            with storing(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                try:
                    temporary.write_bytes(data)
                    temporary.replace(path)
                except BaseException:
                    remove_quietly(temporary)
                    raise
        return name

    def get(self, name: str) -> bytes:
        """The bytes, checked against their name; raises `BlobError`."""
        path = self.path(name)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise BlobError(f"blob {path} is missing: {_WAY_OUT}") from None
        if sha256(data) != name:
            raise BlobError(f"blob {path} is damaged: {_WAY_OUT}")
        return data

    def names(self) -> Iterator[str]:
        """All blobs, in no particular order."""
        if self._root.exists():
            for folder in filter(Path.is_dir, self._root.iterdir()):
                for path in folder.iterdir():
                    if not path.name.startswith(TEMPORARY):
                        yield path.name
