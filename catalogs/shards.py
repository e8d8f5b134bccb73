"""Shards: WebDataset tars with a Parquet sidecar, the same bytes for the same trajectories.

    <domain>-<bucket>-<digest>.tar      <key>.json, <key>.ref1.jpg, <key>.ref2.jpg, <key>.target.jpg,
                                        <key>.test.jpg, in ascending order of keys
    <domain>-<bucket>-<digest>.parquet  rows of `catalogs.sidecar.TrajectoryRow`, in the same order

The digest covers the tar and the rows, so a name is never used for other content, and a shard that exists
is never replaced by other content. Extensions tell the true type of a picture, found by content.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.arrow import to_table
from catalogs.digests import encode, sha256, sha256_of
from catalogs.errors import ShardError
from catalogs.files import flush_folder, remove_quietly, storing, temporary_beside, write_if_changed
from catalogs.manifest import ShardEntry
from catalogs.sidecar import ROLES, TrajectoryRow, accepted_attempt, pictures_of, row_of
from catalogs.stage import Blobs
from catalogs.tar import TarWriter

_SAFE_KEY = re.compile(r"[A-Za-z0-9_-]{1,80}")
"""No dots, because webdataset cuts a key at its first dot; 80 leaves room for the longest suffix in 100."""

_BUFFER = 2**20
"""Bytes that are gathered before they are written: members are small, and each write is a system call."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One trajectory, ready to be written."""

    key: str
    trajectory: bytes
    """The published JSON document."""
    pictures: Mapping[str, bytes]
    """Role (`catalogs.sidecar.ROLES`) -> encoded picture, the bytes of the SHA-256 that `cells` tell."""
    cells: Mapping[str, Any]
    """Decoded columns of the record, from which the row of the sidecar is made."""


def sample_of(cells: Mapping[str, Any], trajectory: bytes, blobs: Blobs) -> Sample:
    """The sample of a verified record, with its pictures read; raises ValueError for any other."""
    accepted_attempt(cells["attempts"])
    pictures = {role: blobs.get(picture.sha256) for role, picture in pictures_of(cells).items()}
    return Sample(key=cells["prompt"].key, trajectory=trajectory, pictures=pictures, cells=cells)


def write_shard(
    directory: Path, domain: str, bucket: str, samples: Iterable[Sample], *, run: str = "", inputs: str = ""
) -> ShardEntry:
    """Write a shard and its sidecar; files that exist with these very bytes are left untouched.

    `samples` come in ascending order of keys and are held one at a time. Raises `ShardError` for keys that
    are unsafe or out of order, for a picture that is neither JPEG, PNG nor WebP, and for no sample at all;
    `StorageError` where the disk refuses.
    """
    temporary = temporary_beside(directory / f"{domain}-{bucket}.tar")
    rows: list[TrajectoryRow] = []
    with storing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb", buffering=_BUFFER) as file:
                tar = TarWriter(file)
                for sample in samples:
                    _check_key(sample.key, after=rows[-1].key if rows else "")
                    rows.append(_write_sample(tar, sample, bucket))
                tar_sha256 = tar.finish()
                file.flush()
                os.fsync(file.fileno())
            if not rows:
                raise ShardError(
                    f"no sample for {domain}/{bucket}: leave an empty bucket out of the manifest"
                )
            digest = sha256(tar_sha256.encode() + encode(rows))[:12]
            path = directory / f"{domain}-{bucket}-{digest}.tar"
            if not (path.exists() and sha256_of(path) == tar_sha256):
                temporary.replace(path)
                flush_folder(directory)
        finally:
            remove_quietly(temporary)
    sidecar = path.with_suffix(".parquet")
    table = pa.BufferOutputStream()
    pq.write_table(to_table(rows, TrajectoryRow), table, compression="zstd")
    described = table.getvalue().to_pybytes()
    write_if_changed(sidecar, described)
    return ShardEntry(
        url=f"{directory.name}/{path.name}",
        nsamples=len(rows),
        filesize=tar.size,
        domain=domain,
        bucket=bucket,
        digest=digest,
        sha256=tar_sha256,
        sidecar=f"{directory.name}/{sidecar.name}",
        sidecar_sha256=sha256(described),
        run=run,
        inputs=inputs,
    )


def extension(data: bytes) -> str | None:
    """``jpg``, ``png`` or ``webp`` by the first bytes; None for anything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return None


def _check_key(key: str, after: str) -> None:
    if not _SAFE_KEY.fullmatch(key):
        raise ShardError(
            f"key {key!r} is not safe in a shard: use 1 to 80 letters, digits, hyphens, underscores"
        )
    if key <= after:
        raise ShardError(f"key {key!r} comes after {after!r}: give samples in ascending order, each key once")


def _write_sample(tar: TarWriter, sample: Sample, bucket: str) -> TrajectoryRow:
    tar.add(f"{sample.key}.json", sample.trajectory)
    members = {}
    for role in ROLES:
        if role in sample.pictures:
            data = sample.pictures[role]
            ending = extension(data)
            if ending is None:
                raise ShardError(
                    f"{role} of {sample.key} is neither JPEG, PNG nor WebP: convert it before the shard"
                )
            members[role] = tar.add(f"{sample.key}.{role}.{ending}", data)
    return row_of(sample.cells, bucket, members)
