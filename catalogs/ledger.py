"""The ledger: every result of every stage, found again by (record, stage, fingerprint, inputs).

    ledger/<stage>/<fingerprint>/<domain>/<bucket>.parquet     results of one bucket, whole
    ledger/<stage>/<fingerprint>/<domain>/<bucket>.journal     results not yet folded in

A *segment* is the pair of files for one bucket. Results are appended to the journal as batches finish and
folded into the Parquet file when the bucket's stage is done, so that a killed run loses at most the batch
it was in. Segments of other fingerprints stay, which makes going back to an earlier version free.

Buckets are named by a prefix of the record's hash. When a bucket splits, its children find the results in
the parent's segment, because names of relatives are prefixes of one another.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.errors import LedgerError
from catalogs.files import TEMPORARY, replacing

Cells = dict[str, msgspec.Raw]
"""Column -> JSON document."""

KEPT, REJECTED, FAILED, PASSED = "kept", "rejected", "failed", "passed"
"""Outcomes. ``passed`` marks records that a later round did not need."""


class Entry(msgspec.Struct, kw_only=True):
    """One result."""

    key: str
    inputs: str
    """Digest of the inputs that the stage read."""
    outcome: str
    reason: str = ""
    """Slug of the rejection, or class of the error."""
    detail: str = ""
    attempts: int = 1
    cells: Cells = {}
    digests: dict[str, str] = {}
    """Column (or child key, for unfolding) -> digest of its document."""
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    run: str = ""


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


class Segment:
    """Results of one stage, under one fingerprint, for one bucket."""

    def __init__(self, folder: Path, bucket: str) -> None:
        self._parquet = folder / f"{bucket}.parquet"
        self._journal = folder / f"{bucket}.journal"
        self._entries: dict[tuple[str, str], Entry] = {}
        self._files_of_cells: dict[tuple[str, str], Path] = {}
        self._fresh: set[tuple[str, str]] = set()
        self._whole = 0
        for path in _relatives(folder, bucket):
            if path.suffix == ".journal":
                entries, whole = _read_journal(path)
                self._whole = whole if path == self._journal else 0
                for entry in entries:
                    self._remember(entry, fresh=path == self._journal)
            else:
                for entry in _read_index(path):
                    self._remember(entry)
                    self._files_of_cells[entry.key, entry.inputs] = path

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
        ordered = [self._entries[identity] for identity in sorted(self._entries)]
        with replacing(self._parquet) as temporary:
            pq.write_table(_to_table(ordered), temporary, compression="zstd")
        self._journal.unlink(missing_ok=True)
        self._whole = 0
        self._fresh.clear()
        return True


class Ledger:
    """All segments below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def segment(self, stage: str, fingerprint: str, domain: str, bucket: str) -> Segment:
        return Segment(self.root / stage / fingerprint / domain, bucket)


def _relatives(folder: Path, bucket: str) -> list[Path]:
    """Files of this bucket and of buckets whose name is a prefix of its name, or the other way round.

    The bucket's own files come last, journal after Parquet, so that the newest result wins.
    """
    found = []
    if folder.exists():
        for path in folder.iterdir():
            related = path.stem.startswith(bucket) or bucket.startswith(path.stem)
            if related and not path.name.startswith(TEMPORARY) and path.suffix in (".parquet", ".journal"):
                found.append(path)
    return sorted(found, key=lambda path: (path.stem == bucket, path.suffix == ".journal", path.name))


def _to_table(entries: list[Entry]) -> pa.Table:
    columns: dict[str, list[object]] = {name: [] for name in SCHEMA.names}
    for entry in entries:
        for name in SCHEMA.names:
            value = getattr(entry, name)
            if name in ("cells", "digests"):
                value = msgspec.json.encode(value).decode()
            columns[name].append(value)
    return pa.table(columns, schema=SCHEMA)


def _read(path: Path, columns: list[str]) -> Iterator[dict[str, object]]:
    try:
        table = pq.read_table(path, columns=columns, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        raise LedgerError(
            f"{path} cannot be read ({error}): delete this file and run again; "
            "its results are made anew, everything else is kept"
        ) from error
    yield from table.to_pylist()


def _read_index(path: Path) -> Iterator[Entry]:
    for row in _read(path, _INDEX):
        row["digests"] = _digests.decode(str(row["digests"]))
        yield Entry(**row)  # type: ignore[arg-type]  # names and types are SCHEMA's


def _read_cells(path: Path) -> Iterator[tuple[str, str, Cells]]:
    for row in _read(path, ["key", "inputs", "cells"]):
        yield str(row["key"]), str(row["inputs"]), _cells.decode(str(row["cells"]))


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
        if len(body) < length or zlib.crc32(body) != checksum:
            break
        entries.append(_entry.decode(body))
        start += _FRAME.size + length
    return entries, start
