"""``tracemill check``: do shards, sidecars and manifest agree, byte by byte?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.arrow import from_table
from catalogs.digests import encode, sha256
from catalogs.errors import ShardError
from catalogs.files import TEMPORARY
from catalogs.manifest import FILE, SHARDS, ShardEntry, read_manifest
from catalogs.records import Record
from catalogs.shards import read_member
from catalogs.sidecar import TrajectoryRow

REMAKE = "delete it and run again: it is written anew from the ledger"


class Problem(Record, frozen=True, kw_only=True):
    """Something that does not agree."""

    file: str
    """Relative to the output folder."""
    what: str
    remedy: str


def check_output(out: Path) -> list[Problem]:
    """All problems of an output folder, none where it is whole.

    Reads every shard once as a whole, and each picture by its offset.
    """
    problems = [
        Problem(
            file=path.relative_to(out).as_posix(),
            what="left over from an interrupted run",
            remedy="delete it",
        )
        for path in sorted(out.rglob(f"{TEMPORARY}*"))
    ]
    try:
        manifest = read_manifest(out)
    except ShardError as error:
        return [*problems, Problem(file=FILE, what=str(error), remedy=REMAKE)]
    entries = manifest.shardlist if manifest else []
    for entry in entries:
        problems.extend(_check_shard(out, entry))
    listed = {name for entry in entries for name in (entry.url, entry.sidecar)}
    for path in sorted((out / SHARDS).glob("[!.]*")):
        name = path.relative_to(out).as_posix()
        if name not in listed:
            problems.append(Problem(file=name, what="not in the manifest", remedy="delete it"))
    if manifest and manifest.trajectories != sum(entry.nsamples for entry in entries):
        problems.append(Problem(file=FILE, what="trajectories do not add up", remedy=REMAKE))
    return problems


def _check_shard(out: Path, entry: ShardEntry) -> Iterator[Problem]:
    whole = True
    for name, expected in ((entry.url, entry.sha256), (entry.sidecar, entry.sidecar_sha256)):
        path = out / name
        if not path.exists():
            whole = False
            yield Problem(file=name, what="missing", remedy="run again: it is written anew from the ledger")
        elif _sha256_of(path) != expected:
            yield Problem(file=name, what="its SHA-256 is not the manifest's", remedy=REMAKE)
    if whole:
        if (out / entry.url).stat().st_size != entry.filesize:
            yield Problem(file=entry.url, what=f"is not {entry.filesize} bytes long", remedy=REMAKE)
        yield from _check_rows(out, entry)


def _check_rows(out: Path, entry: ShardEntry) -> Iterator[Problem]:
    try:
        rows = from_table(pq.read_table(out / entry.sidecar, partitioning=None), TrajectoryRow)
    except (pa.ArrowException, msgspec.ValidationError, OSError) as error:
        yield Problem(file=entry.sidecar, what=f"cannot be read: {error}", remedy=REMAKE)
        return
    if len(rows) != entry.nsamples:
        yield Problem(
            file=entry.sidecar, what=f"{len(rows)} rows for {entry.nsamples} trajectories", remedy=REMAKE
        )
    if sha256(entry.sha256.encode() + encode(rows))[:12] != entry.digest:
        yield Problem(
            file=entry.sidecar, what="its rows are not those that the shard was named by", remedy=REMAKE
        )
    for row in rows:
        for picture in row.pictures:
            try:
                intact = sha256(read_member(out / entry.url, picture.offset, picture.size)) == picture.sha256
            except ShardError:
                intact = False
            if not intact:
                what = f"{picture.name} is not at byte {picture.offset}, or is damaged"
                yield Problem(file=entry.url, what=what, remedy=REMAKE)


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
