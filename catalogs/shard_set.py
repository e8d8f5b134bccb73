"""Reading single pictures out of a set of shards, on a disk, a web server or any other place fsspec knows.

    shards = ShardSet("https://data.example/tracemill")     # or a folder, or s3://bucket/prefix
    shards.row("0f3a...-en-0").prompt
    shards.picture("0f3a...-en-0", "target")

A tar is never scanned. What is read is the manifest, once; the sidecar of a shard, once while it is among the
newest `SIDECARS`; and of the tar the bytes of the picture alone, with one ranged read.
"""

from __future__ import annotations

import io
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.arrow import from_table
from catalogs.digests import sha256
from catalogs.errors import ShardError
from catalogs.manifest import FILE, Manifest, ShardEntry, parse_manifest
from catalogs.sidecar import TrajectoryRow

SIDECARS = 64
"""Sidecars that are held in memory: 1 MB each for 100 trajectories."""

_HASH = 16
"""Hex digits of the entity id, with which a key begins."""


class ShardSet:
    """The current shards of an output folder, or of a copy of one."""

    def __init__(self, root: str, **storage_options: Any) -> None:
        """`root` is the address of the folder with the manifest; options go to `fsspec`.

        Raises `ShardError` where there is no manifest.
        """
        from fsspec.core import url_to_fs

        self._fs, self._root = url_to_fs(root.rstrip("/"), **storage_options)
        self._address = root
        self.manifest: Manifest = parse_manifest(self._read(FILE), f"{root}/{FILE}")
        self._sidecar = lru_cache(SIDECARS)(self._read_sidecar)

    def row(self, key: str) -> TrajectoryRow:
        """The trajectory's row of the sidecar; raises `ShardError` where no shard holds the key."""
        return self._find(key)[1]

    def picture(self, key: str, role: str) -> bytes:
        """An encoded picture, checked against its SHA-256.

        `role` is ``ref1``, ``ref2``, ``target`` or ``test``. Raises `ShardError` where there is no such
        picture, and where the tar is damaged or its server does not answer range requests.
        """
        entry, row = self._find(key)
        for picture in row.pictures:
            if picture.role == role:
                data = self.read(entry.url, picture.offset, picture.size)
                if sha256(data) != picture.sha256:
                    raise ShardError(
                        f"{self._address}/{entry.url}: {picture.name} is not at byte {picture.offset}, or is "
                        "damaged: run `tracemill check` where the shards were made"
                    )
                return data
        raise ShardError(f"{key} has no picture {role!r}: it has {', '.join(p.role for p in row.pictures)}")

    def read(self, shard: str, offset: int, size: int) -> bytes:
        """Part of a tar: `shard`, `offset` and `size` as the table ``images`` of the catalog tells them."""
        data = self._read(shard, offset, offset + size)
        if len(data) != size:
            raise ShardError(
                f"{self._address}/{shard}: {len(data)} bytes came for {size} at byte {offset}: "
                "the tar is cut, or its server does not answer range requests"
            )
        return data

    def _read(self, name: str, start: int | None = None, end: int | None = None) -> bytes:
        try:
            return bytes(self._fs.cat_file(f"{self._root}/{name}", start=start, end=end))
        except FileNotFoundError as error:
            raise ShardError(
                f"there is no {self._address}/{name}: give the folder that holds {FILE}; if it does, "
                "run `tracemill check` where it was made"
            ) from error

    def _find(self, key: str) -> tuple[ShardEntry, TrajectoryRow]:
        for number in self._candidates(key):
            keys, table = self._sidecar(number)
            place = bisect_left(keys, key)
            if place < len(keys) and keys[place] == key:
                (row,) = from_table(table.slice(place, 1), TrajectoryRow)
                return self.manifest.shardlist[number], row
        raise ShardError(
            f"no shard of {self._address} holds {key!r}: `tracemill show` says what became of it"
        )

    def _candidates(self, key: str) -> Iterator[int]:
        """Shards whose bucket may hold a key: after its first letter, a bucket is named by the first bits of
        the entity's id. That is one shard a domain."""
        try:
            bits = f"{int(key[:_HASH], 16):0{4 * _HASH}b}"
        except ValueError:
            return
        for number, entry in enumerate(self.manifest.shardlist):
            if bits.startswith(entry.bucket[1:]):
                yield number

    def _read_sidecar(self, number: int) -> tuple[list[str], pa.Table]:
        """Sorted keys, and the rows in the same order."""
        name = self.manifest.shardlist[number].sidecar
        try:
            table = pq.read_table(io.BytesIO(self._read(name)))
        except pa.ArrowException as error:
            raise ShardError(f"{self._address}/{name} cannot be read ({error}): copy it anew") from error
        return table["key"].to_pylist(), table
