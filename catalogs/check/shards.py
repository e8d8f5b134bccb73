"""Manifest, tars and sidecars: hashes, sizes, counts, and each picture at its offset."""

from __future__ import annotations

import hashlib
import mmap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.arrow import from_table
from catalogs.check.current import FOLDER, Current
from catalogs.check.problem import Problem, at_once, doubted, files_in, told
from catalogs.digests import encode, sha256
from catalogs.errors import CatalogError, ShardError
from catalogs.manifest import FILE, SHARDS, Manifest, ShardEntry, read_manifest
from catalogs.sidecar import PictureRow, TrajectoryRow
from catalogs.tombstones import Tombstones, read_tombstones

_SUMMED = "it is made anew from the current tables"


def check_shards(out: Path, current: Current) -> Iterator[Problem]:
    """The manifest must name the shards that the current tables name, and these must be whole.

    Only where a bucket has no current table is its shard held against the manifest.
    """
    try:
        manifest = read_manifest(out)
    except ShardError as error:
        manifest = None
        yield doubted(FILE, str(error).partition(": delete")[0], why=_SUMMED)
    else:
        yield from _check_manifest(out, manifest, current)
    entries = {entry.url: entry for entry in manifest.shardlist} if manifest else {}
    entries |= current.shards
    stones = _stones(out)
    for problems in at_once(lambda entry: list(_check_shard(out, entry, stones)), entries.values()):
        yield from problems
    listed = {name for entry in entries.values() for name in (entry.url, entry.sidecar)}
    for path in files_in(out / SHARDS):
        name = path.relative_to(out).as_posix()
        if name not in listed:
            yield Problem(file=name, what="not in the manifest", remedy=f"delete {name}", delete=[name])


def _check_manifest(out: Path, manifest: Manifest | None, current: Current) -> Iterator[Problem]:
    if manifest is None:
        if current.shards:
            yield told(FILE, "missing", why=_SUMMED)
        return
    entries = manifest.shardlist
    for url, times in Counter(entry.url for entry in entries).items():
        if times > 1:
            yield told(FILE, f"names {url} {times} times", why=_SUMMED)
    for entry in entries:
        expected = current.shards.get(entry.url)
        table = f"{entry.domain}-{entry.bucket}"
        if expected is not None and (wrong := _differences(entry, expected)):
            yield told(FILE, f"is wrong about {', '.join(wrong)} of {entry.url}", why=_SUMMED)
        elif expected is None and table in current.tables:
            yield told(FILE, f"names {entry.url}, which its current table does not", why=_SUMMED)
        elif expected is None and not (out / FOLDER / f"{table}.parquet").exists():
            yield told(f"{FOLDER}/{table}.parquet", "missing")
    for url in sorted(current.shards.keys() - {entry.url for entry in entries}):
        yield told(FILE, f"does not name {url}", why=_SUMMED)
    counted: Counter[str] = Counter()
    for entry in entries:
        counted[entry.domain] += entry.nsamples
    if manifest.trajectories != counted.total() or manifest.domains != dict(counted):
        yield told(FILE, "its counts do not add up", why=_SUMMED)


def _differences(entry: ShardEntry, expected: ShardEntry) -> list[str]:
    """Fields that differ; the manifest keeps the run that wrote a shard first."""
    fields = [name for name in entry.__struct_fields__ if name != "run"]
    return [name for name in fields if getattr(entry, name) != getattr(expected, name)]


def _check_shard(out: Path, entry: ShardEntry, stones: Tombstones) -> Iterator[Problem]:
    rows: list[TrajectoryRow] = []
    if (out / entry.sidecar).exists():
        try:
            rows = _rows(out, entry)
        except (pa.ArrowException, msgspec.ValidationError, OSError) as error:
            yield doubted(entry.sidecar, f"cannot be read: {error}")
        else:
            yield from _check_rows(out, entry, rows, stones)
    else:
        yield told(entry.sidecar, "missing")
    if (out / entry.url).exists():
        yield from _check_tar(out, entry, rows)
    else:
        yield told(entry.url, "missing")


def _rows(out: Path, entry: ShardEntry) -> list[TrajectoryRow]:
    return from_table(pq.read_table(out / entry.sidecar, partitioning=None), TrajectoryRow)


def _check_rows(
    out: Path, entry: ShardEntry, rows: list[TrajectoryRow], stones: Tombstones
) -> Iterator[Problem]:
    named = sha256(entry.sha256.encode() + encode(rows))[:12]
    if len(rows) != entry.nsamples or named != entry.digest:
        yield doubted(entry.sidecar, "its rows are not those that the shard was named by")
    elif sha256((out / entry.sidecar).read_bytes()) != entry.sidecar_sha256:
        yield doubted(entry.sidecar, "its SHA-256 is not the one it was written with")
    for row in rows:
        if forgotten := stones.found_in(encode(row)):
            yield Problem(
                file=entry.sidecar,
                what=f"{row.key} names the forgotten {forgotten}",
                remedy="`tracemill forget` it again",
            )


def _check_tar(out: Path, entry: ShardEntry, rows: list[TrajectoryRow]) -> Iterator[Problem]:
    """The whole by its hash, and each picture by its place: the one tells of damage, the other where."""
    size = (out / entry.url).stat().st_size
    if size != entry.filesize:
        yield told(entry.url, f"has {size} bytes, not {entry.filesize}")
        return
    with (out / entry.url).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as tar:
        intact = hashlib.sha256(tar).hexdigest() == entry.sha256
        displaced = [p.name for row in rows for p in row.pictures if sha256(_slice(tar, p)) != p.sha256]
    if not intact:
        where = f"; damaged: {', '.join(displaced[:3])}" if displaced else ""
        yield doubted(entry.url, f"its SHA-256 is not the one it was written with{where}")
    elif displaced:
        what = f"{', '.join(displaced[:3])} not at the offset that the sidecar tells"
        yield doubted(entry.url, what, entry.sidecar)


def _slice(tar: mmap.mmap, picture: PictureRow) -> bytes:
    return tar[picture.offset : picture.offset + picture.size]


def _stones(out: Path) -> Tombstones:
    try:
        return read_tombstones(out)
    except CatalogError:
        return Tombstones()
