"""The ledger: every result of every stage, found again by (record, stage, fingerprint, inputs).

    ledger/<stage>/<fingerprint>/stage.json                    what the fingerprint covers, to be read
    ledger/<stage>/<fingerprint>/<domain>/<bucket>.parquet     results of one bucket, whole
    ledger/<stage>/<fingerprint>/<domain>/<bucket>.journal     results not yet folded in

A *segment* is the pair of files for one bucket. Results are appended to the journal as batches finish and
folded into the Parquet file when the bucket's stage is done, so that a killed run loses at most the batch
it was in. Segments of other fingerprints stay, which makes going back to an earlier version free.

Buckets are named by a prefix of the record's hash. When a bucket splits, its children find the results in
the parent's segment, because names of relatives are prefixes of one another.
"""

from __future__ import annotations

import os
import struct
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.digests import encode
from catalogs.errors import LedgerError
from catalogs.files import TEMPORARY, replacing, write_bytes

Cells = dict[str, msgspec.Raw]
"""Column -> JSON document."""

KEPT, REJECTED, FAILED, PASSED = "kept", "rejected", "failed", "passed"
"""Outcomes. ``passed`` marks records that a later round did not need."""


class Entry(msgspec.Struct, gc=False):
    """One result. Fields stand in the order of `SCHEMA`, so that rows become entries without naming them.

    Nothing in it can form a cycle, so the collector need not look.
    """

    key: str
    inputs: str
    """Digest of the inputs that the stage read."""
    outcome: str
    reason: str = ""
    """Slug of the rejection, or class of the error."""
    detail: str = ""
    attempts: int = 1
    digests: dict[str, str] = {}
    """Column -> digest of its document."""
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    run: str = ""
    cells: Cells = {}


SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("inputs", pa.string()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("attempts", pa.int32()),
        ("digests", pa.string()),
        ("calls", pa.int64()),
        ("tokens_in", pa.int64()),
        ("tokens_out", pa.int64()),
        ("seconds", pa.float64()),
        ("run", pa.string()),
        ("cells", pa.large_string()),
    ]
)
_INDEX = [name for name in SCHEMA.names if name != "cells"]
_FRAME = struct.Struct("<II")
_digests = msgspec.json.Decoder(dict[str, str])
_cells = msgspec.json.Decoder(Cells)
_entry = msgspec.json.Decoder(Entry)


DESCRIPTION = "stage.json"


class Segment:
    """Results of one stage, under one fingerprint, for one bucket."""

    def __init__(self, folder: Path, bucket: str, relatives: Iterable[str] = ()) -> None:
        """`relatives`: names of files in `folder`, of buckets which this one came from or became."""
        self._parquet = folder / f"{bucket}.parquet"
        self._journal = folder / f"{bucket}.journal"
        self._entries: dict[tuple[str, str], Entry] = {}
        self._files_of_cells: dict[tuple[str, str], Path] = {}
        self._fresh: set[tuple[str, str]] = set()
        self._whole = 0
        # The bucket's own files come last, journal after Parquet, so that the newest result wins.
        for path in (*(folder / name for name in relatives), self._parquet, self._journal):
            try:
                if path.suffix == ".journal":
                    entries, whole = _read_journal(path)
                    self._whole = whole if path == self._journal else 0
                    for entry in entries:
                        self._remember(entry, fresh=path == self._journal)
                else:
                    for entry in _read_index(path):
                        self._remember(entry)
                        self._files_of_cells[entry.key, entry.inputs] = path
            except FileNotFoundError:
                continue

    def _remember(self, entry: Entry, *, fresh: bool = False) -> None:
        identity = (entry.key, entry.inputs)
        self._entries[identity] = entry
        self._files_of_cells.pop(identity, None)
        if fresh:
            self._fresh.add(identity)

    def find(self, key: str, inputs: str) -> Entry | None:
        """The result for exactly these inputs, without its cells; see `cells`."""
        return self._entries.get((key, inputs))

    def cells(self, entry: Entry) -> Cells:
        """The documents that a result wrote. The first call reads the file they rest in, as a whole."""
        path = self._files_of_cells.get((entry.key, entry.inputs))
        if path is not None:
            for key, inputs, cells in _read_cells(path):
                known = self._entries.get((key, inputs))
                if known is not None and self._files_of_cells.get((key, inputs)) == path:
                    known.cells = cells
                    del self._files_of_cells[key, inputs]
        return self._entries[entry.key, entry.inputs].cells

    def append(self, entries: Iterable[Entry]) -> None:
        """Journal results at once; they survive the death of the process."""
        entries = list(entries)
        self._journal.parent.mkdir(parents=True, exist_ok=True)
        with self._journal.open("ab") as journal:
            if journal.tell() > self._whole:
                journal.truncate(self._whole)  # a frame that a kill has torn would hide what follows it
            self._whole += journal.write(b"".join(_frame(entry) for entry in entries))
        for entry in entries:
            self._remember(entry, fresh=True)

    def commit(self) -> bool:
        """Fold the journal into the Parquet file; False where there was nothing to fold."""
        if not self._fresh:
            return False
        for entry in self._entries.values():
            self.cells(entry)
        self._write()
        return True

    def entries(self) -> Iterator[Entry]:
        """All results, without their cells, in no particular order."""
        yield from self._entries.values()

    def drop(self, condemned: Callable[[Entry], bool]) -> list[Entry]:
        """Take results out for good, and write the segment anew without them."""
        gone = [entry for entry in self._entries.values() if condemned(entry)]
        if gone:
            for entry in self._entries.values():
                self.cells(entry)
            for entry in gone:
                del self._entries[entry.key, entry.inputs]
            self._write()
        return gone

    def _write(self) -> None:
        ordered = [self._entries[identity] for identity in sorted(self._entries)]
        with replacing(self._parquet) as temporary:
            pq.write_table(_to_table(ordered), temporary, compression="zstd")
        self._journal.unlink(missing_ok=True)
        self._whole = 0
        self._fresh.clear()


class Ledger:
    """All segments below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._listings: dict[Path, tuple[int, list[str]]] = {}

    def segment(self, stage: str, fingerprint: str, domain: str, bucket: str) -> Segment:
        folder = self.root / stage / fingerprint / domain
        return Segment(folder, bucket, self._relatives(folder, bucket))

    def describe(self, stage: str, fingerprint: str, declaration: Mapping[str, Any]) -> None:
        """Keep what a fingerprint covers beside its results, so that a later one can be told from it."""
        path = self.root / stage / fingerprint / DESCRIPTION
        if not path.exists():
            write_bytes(path, encode(declaration))

    def declarations(self, stage: str) -> dict[str, dict[str, Any]]:
        """Fingerprint -> what it covers, for every version of a stage that has results; newest first."""
        paths = sorted((self.root / stage).glob(f"*/{DESCRIPTION}"), key=lambda p: -p.stat().st_mtime_ns)
        return {path.parent.name: msgspec.json.decode(path.read_bytes()) for path in paths}

    def segments(self) -> Iterator[tuple[str, str, str, str]]:
        """(stage, fingerprint, domain, bucket) of every segment, sorted."""
        found = {
            (*path.relative_to(self.root).parts[:3], path.stem)
            for suffix in ("parquet", "journal")
            for path in self.root.glob(f"*/*/*/[!.]*.{suffix}")
        }
        yield from sorted(found)  # type: ignore[misc]  # four parts

    def _relatives(self, folder: Path, bucket: str) -> list[str]:
        """Files of buckets whose name is a prefix of this one's, or the other way round, older name first."""
        names = self._names(folder)
        ancestors = [bucket[:length] for length in range(1, len(bucket))]
        found = [f"{name}{suffix}" for name in ancestors for suffix in (".parquet", ".journal")]
        start = bisect_left(names, bucket)
        while start < len(names) and names[start].startswith(bucket):
            if names[start].partition(".")[0] != bucket:
                found.append(names[start])
            start += 1
        return found

    def _names(self, folder: Path) -> list[str]:
        """Sorted names of the files in a folder, listed anew when it has changed."""
        try:
            changed = folder.stat().st_mtime_ns
        except FileNotFoundError:
            return []
        known = self._listings.get(folder)
        if known is None or known[0] != changed:
            names = sorted(file.name for file in os.scandir(folder) if not file.name.startswith(TEMPORARY))
            known = self._listings[folder] = changed, names
        return known[1]


def _to_table(entries: list[Entry]) -> pa.Table:
    columns: dict[str, list[object]] = {name: [getattr(e, name) for e in entries] for name in SCHEMA.names}
    for name in ("cells", "digests"):
        columns[name] = [msgspec.json.encode(value).decode() for value in columns[name]]
    return pa.table(columns, schema=SCHEMA)


def _read(path: Path, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    try:
        table = pq.read_table(path, columns=columns, partitioning=None)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise LedgerError(
            f"{path} cannot be read ({error}): delete this file and run again; "
            "its results are made anew, everything else is kept"
        ) from error
    yield from zip(*(table.column(name).to_pylist() for name in columns), strict=True)


def _read_index(path: Path) -> Iterator[Entry]:
    decode = _digests.decode
    for key, inputs, outcome, reason, detail, attempts, digests, *spent in _read(path, _INDEX):
        yield Entry(key, inputs, outcome, reason, detail, attempts, decode(digests), *spent)


def _read_cells(path: Path) -> Iterator[tuple[str, str, Cells]]:
    for key, inputs, cells in _read(path, ["key", "inputs", "cells"]):
        yield key, inputs, _cells.decode(cells)


def _frame(entry: Entry) -> bytes:
    body = msgspec.json.encode(entry)
    return _FRAME.pack(len(body), zlib.crc32(body)) + body


def _read_journal(path: Path) -> tuple[list[Entry], int]:
    """Whole entries up to the first torn one, and their length in bytes.

    A kill may cut the last frame, never an earlier one.
    """
    data = path.read_bytes()
    entries: list[Entry] = []
    start = 0
    while start + _FRAME.size <= len(data):
        length, checksum = _FRAME.unpack_from(data, start)
        body = data[start + _FRAME.size : start + _FRAME.size + length]
        if not length or len(body) < length or zlib.crc32(body) != checksum:
            break
        entries.append(_entry.decode(body))
        start += _FRAME.size + length
    return entries, start
