"""Parts of an export: one a shard, staged beside their place and moved in, with a journal of what they hold.

    .tracemill/parts/<shard>.json    one record a part: what it was made from, and every file that it owns

The journal entry is written before the files are moved, and once more when they all are, so that a kill at
any moment leaves no file that nobody knows of: the next export removes what a half-moved part had brought.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from catalogs.digests import sha256, sha256_of
from catalogs.exports.errors import ExportError
from catalogs.exports.interface import Facts, Settings
from catalogs.exports.samples import Sample
from catalogs.files import TEMPORARY, write_bytes
from catalogs.records import Record
from catalogs.stage import Blobs

HOME = ".tracemill"
"""Folder of the bookkeeping; loaders that list the export pass over names with a dot."""
BUCKET = 1024
"""Width of a bar in the histogram of tokens."""


class PartRecord(Record, frozen=True, kw_only=True):
    """What a part is and holds."""

    name: str
    inputs: str
    """Digest of shard, format and settings."""
    moved: bool
    """False while the files are being moved to their places."""
    samples: int
    files: dict[str, str]
    """File, relative to the export -> SHA-256."""
    left_out: dict[str, list[str]]
    """Reason -> keys."""
    counts: dict[str, int]
    """What was counted on the way: turns, turns left out or masked, pictures resized or flattened, pairs."""
    tokens: dict[str, int]
    """Samples by total tokens, in steps of `BUCKET`."""
    licences: dict[str, int]
    """Samples by licence."""


class Part:
    """A part being written, in a staging folder with the layout of the export."""

    def __init__(self, staging: Path, name: str, settings: Settings, blobs: Blobs) -> None:
        self.name = name
        self.settings = settings
        self.blobs = blobs
        self.samples = 0
        self.left_out: dict[str, list[str]] = {}
        self.counts: dict[str, int] = {}
        self.tokens: dict[str, int] = {}
        self.licences: dict[str, int] = {}
        self._staging = staging
        self._digests: dict[str, str] = {}

    def path(self, name: str) -> Path:
        """Where to write a file of the part; its folder is there."""
        path = self._staging / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name: str, data: bytes) -> None:
        """Write a whole file; raises `ExportError` where the part has one of that name."""
        path = self.path(name)
        if path.exists():
            raise ExportError(f"two samples of {self.name} write {name}: run `tracemill check` on the shards")
        path.write_bytes(data)
        self._digests[name] = sha256(data)

    @contextmanager
    def lines(self, name: str) -> Iterator[BinaryIO]:
        """A file to append lines to. Without a line there is no file: some readers stop at an empty one."""
        path = self.path(name)
        with path.open("wb") as file:
            yield file
        if not path.stat().st_size:
            path.unlink()

    def count(self, what: str, number: int = 1) -> None:
        if number:
            self.counts[what] = self.counts.get(what, 0) + number

    def keep(self, sample: Sample, facts: Facts) -> dict[str, Any]:
        """Count a sample that was written; its line for ``samples/``."""
        self.samples += 1
        if "tokens" in facts:
            bar = str(facts["tokens"]["total"] // BUCKET * BUCKET)
            self.tokens[bar] = self.tokens.get(bar, 0) + 1
        for licence in sample.row.licences:
            self.licences[licence] = self.licences.get(licence, 0) + 1
        return {
            "key": sample.key,
            **facts,
            "licences": sample.row.licences,
            "credits": sample.row.credits,
            "pictures": {picture.role: picture.origin for picture in sample.row.pictures},
            "evidence": sample.row.evidence,
        }

    def leave_out(self, key: str, reason: str) -> None:
        self.left_out.setdefault(reason, []).append(key)

    def record(self, inputs: str) -> PartRecord:
        """What stands in the staging folder now."""
        paths = sorted(path for path in self._staging.rglob("*") if path.is_file())
        files = {path.relative_to(self._staging).as_posix(): path for path in paths}
        return PartRecord(
            name=self.name,
            inputs=inputs,
            moved=False,
            samples=self.samples,
            files={name: self._digests.get(name) or sha256_of(path) for name, path in files.items()},
            left_out=dict(sorted(self.left_out.items())),
            counts=dict(sorted(self.counts.items())),
            tokens=dict(sorted(self.tokens.items(), key=lambda bar: int(bar[0]))),
            licences=dict(sorted(self.licences.items())),
        )


class Journal:
    """The parts of one export."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._parts = root / HOME / "parts"

    def find(self, name: str) -> PartRecord | None:
        """The record of a part, None where there is none or it is damaged."""
        try:
            return msgspec.json.decode((self._parts / f"{name}.json").read_bytes(), type=PartRecord)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def names(self) -> list[str]:
        return sorted(path.stem for path in self._parts.glob("[!.]*.json"))

    def __iter__(self) -> Iterator[PartRecord]:
        """All parts, by name, one in memory at a time; raises `ExportError` for a damaged record."""
        for name in self.names():
            record = self.find(name)
            if record is None:
                raise ExportError(f"{self._parts / name}.json is damaged: delete the export and make it anew")
            yield record

    def remove(self, name: str) -> None:
        """Delete a part: its files first, its record last."""
        record = self.find(name)
        for file in record.files if record else ():
            path = self.root / file
            path.unlink(missing_ok=True)
            self._remove_empty(path.parent)
        (self._parts / f"{name}.json").unlink(missing_ok=True)

    @contextmanager
    def staged(self, name: str) -> Iterator[Path]:
        """An empty staging folder, gone afterwards."""
        staging = self.root / HOME / f"{TEMPORARY}{name}"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def publish(self, staging: Path, record: PartRecord) -> None:
        """Move the files of a part into place."""
        self._write(record)
        for file in record.files:
            place = self.root / file
            place.parent.mkdir(parents=True, exist_ok=True)
            (staging / file).replace(place)
        self._write(msgspec.structs.replace(record, moved=True))

    def _write(self, record: PartRecord) -> None:
        write_bytes(self._parts / f"{record.name}.json", msgspec.json.encode(record, order="deterministic"))

    def _remove_empty(self, folder: Path) -> None:
        while folder != self.root and folder.exists() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent


Parts = Iterable[PartRecord]
"""All parts of an export. Can be gone through more than once."""


def totals(parts: Parts, field: str) -> dict[str, int]:
    """A counter of all parts, summed."""
    summed: dict[str, int] = {}
    for part in parts:
        counter: Mapping[str, int] = getattr(part, field)
        for name, number in counter.items():
            summed[name] = summed.get(name, 0) + number
    return dict(sorted(summed.items()))
