"""The manifest: which shards are the current set. Replaced last, so that what it names exists.

The file is an index in the format of webdataset's index reader (``wids``: `wids_version`, `shardlist` with
`url` and `nsamples`), with more fields beside those. Addresses are relative to the manifest, so that the
output folder can be moved.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import Path

import msgspec

from catalogs.errors import ShardError
from catalogs.files import write_if_changed
from catalogs.records import Record

FILE = "manifest.json"
SHARDS = "shards"
"""Folder of the shards, beside the manifest."""


class ShardEntry(Record, frozen=True, kw_only=True):
    """One shard: a tar and its sidecar."""

    url: str
    """Of the tar, relative to the manifest."""
    nsamples: int
    filesize: int
    """Bytes of the tar."""
    domain: str
    bucket: str
    digest: str
    """12 hex digits over the tar and the rows of the sidecar; part of both file names."""
    sha256: str
    """Of the tar."""
    sidecar: str
    """Of the Parquet file, relative to the manifest."""
    sidecar_sha256: str
    run: str = ""
    """The run that wrote the shard."""
    inputs: str = ""
    """Digest of what the shard was made from: a caller that finds it here needs not make the shard again."""


class Manifest(Record, frozen=True, kw_only=True):
    """The current set of shards, sorted by address."""

    wids_version: int = 1
    name: str = "tracemill"
    tracemill: str
    """Version of Tracemill that wrote the manifest."""
    trajectories: int
    domains: dict[str, int]
    """Trajectories by domain."""
    shardlist: list[ShardEntry]

    def find(self, domain: str, bucket: str) -> ShardEntry | None:
        return next((e for e in self.shardlist if (e.domain, e.bucket) == (domain, bucket)), None)


def manifest_of(entries: Iterable[ShardEntry], version: str, previous: Manifest | None = None) -> Manifest:
    """The manifest of a set of shards. A shard that `previous` names keeps the run that wrote it."""
    known = {entry.url: entry.run for entry in previous.shardlist} if previous else {}
    shardlist = sorted(
        (msgspec.structs.replace(entry, run=known.get(entry.url, entry.run)) for entry in entries),
        key=lambda entry: entry.url,
    )
    domains: dict[str, int] = {}
    for entry in shardlist:
        domains[entry.domain] = domains.get(entry.domain, 0) + entry.nsamples
    total = sum(domains.values())
    return Manifest(tracemill=version, trajectories=total, domains=domains, shardlist=shardlist)


def write_manifest(out: Path, manifest: Manifest) -> bool:
    """Replace the manifest of an output folder where it changed; True when it was written."""
    document = msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=2) + b"\n"
    return write_if_changed(out / FILE, document)


def read_manifest(out: Path) -> Manifest | None:
    """The manifest of an output folder, None where nothing was emitted yet; raises `ShardError`."""
    path = out / FILE
    try:
        return parse_manifest(path.read_bytes(), str(path))
    except FileNotFoundError:
        return None


def parse_manifest(document: bytes, address: str) -> Manifest:
    """A manifest that was read from `address`; raises `ShardError`."""
    try:
        manifest = msgspec.json.decode(document, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ShardError(
            f"{address} is damaged ({error}): delete it and run again; it is written anew from the ledger"
        ) from error
    if manifest.wids_version != 1:
        raise ShardError(
            f"{address} has wids_version {manifest.wids_version}, this version reads 1: upgrade Tracemill"
        )
    return manifest


def remove_unlisted(out: Path, manifest: Manifest, untouched: Container[str] = ()) -> list[Path]:
    """Delete shards and sidecars that the manifest does not name; call it after `write_manifest`.

    Readers that list the folder instead of reading the manifest would see a record twice. Domains that are
    `untouched` are left alone: another run may have written a shard there that its table does not name yet.
    """
    listed = {out / name for entry in manifest.shardlist for name in (entry.url, entry.sidecar)}
    files = [path for path in sorted((out / SHARDS).glob("*")) if path.suffix in (".tar", ".parquet")]
    ours = (path for path in files if path.stem.rsplit("-", 2)[0] not in untouched)
    unlisted = [path for path in ours if path not in listed]
    for path in unlisted:
        path.unlink()
    return unlisted
