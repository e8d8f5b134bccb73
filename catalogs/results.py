"""Results and the two files that they rest in: a Parquet table, and a journal of frames before it.

Each frame of a journal is the length and CRC-32 of a body, then the body: an entry as JSON.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.errors import LedgerError

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
    micros: int = 0
    """Millionths of the profile's currency that its calls to endpoints have cost."""
    seconds: float = 0.0
    run: str = ""
    cells: Cells = {}
    asked: bytes = b""
    """Digests of the calls to endpoints that it rests on, `CALL` bytes each, sorted: those that were found in
    the journal as well as those that were made for it."""


CALL = 16
"""Bytes of the digest of a call (`workers.endpoint.Call`)."""

MONEY, ASKED = "micros", "asked"
"""Columns that came later. Tables that were written before lack them, and are as good as any."""

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
        (MONEY, pa.int64()),
        ("seconds", pa.float64()),
        ("run", pa.string()),
        ("cells", pa.large_string()),
        (ASKED, pa.binary()),
    ]
)
EARLIER = [
    pa.schema([field for field in SCHEMA if field.name not in later]) for later in ((ASKED,), (MONEY, ASKED))
]
"""Schemas of tables that earlier versions have written."""
_LATER = {MONEY: 0, ASKED: b""}
_INDEX = [name for name in SCHEMA.names if name not in ("cells", ASKED)]
_FRAME = struct.Struct("<II")
_digests = msgspec.json.Decoder(dict[str, str])
_cells = msgspec.json.Decoder(Cells)
_entry = msgspec.json.Decoder(Entry)


def to_table(entries: list[Entry]) -> pa.Table:
    """A row a result, as in `SCHEMA`; digests and cells as JSON text."""
    columns: dict[str, list[object]] = {name: [getattr(e, name) for e in entries] for name in SCHEMA.names}
    for name in ("cells", "digests"):
        columns[name] = [msgspec.json.encode(value).decode() for value in columns[name]]
    return pa.table(columns, schema=SCHEMA)


def _read(path: Path, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    try:
        with pq.ParquetFile(path) as file:
            table = file.read(columns=columns)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise LedgerError(
            f"{path} cannot be read ({error}): delete this file and run again; "
            "its results are made anew, everything else is kept"
        ) from error
    held = {name: table.column(name).to_pylist() for name in table.column_names}
    for name in _LATER.keys() & set(columns):
        held.setdefault(name, [_LATER[name]] * table.num_rows)
    yield from zip(*(held[name] for name in columns), strict=True)


def read_index(path: Path) -> Iterator[Entry]:
    """All results of a table, without their cells. Raises `LedgerError`, or `FileNotFoundError`."""
    decode = _digests.decode
    for key, inputs, outcome, reason, detail, attempts, digests, *spent in _read(path, _INDEX):
        yield Entry(key, inputs, outcome, reason, detail, attempts, decode(digests), *spent)


def read_cells(path: Path) -> Iterator[tuple[str, str, Cells, bytes]]:
    """Key, digest of the inputs, cells and calls of each result of a table. Raises as `read_index` does."""
    for key, inputs, cells, asked in _read(path, ["key", "inputs", "cells", ASKED]):
        yield key, inputs, _cells.decode(cells), asked


def calls_in(asked: bytes) -> set[bytes]:
    """The digests in `Entry.asked`."""
    return {asked[start : start + CALL] for start in range(0, len(asked), CALL)}


def frame(entry: Entry) -> bytes:
    """A result as it stands in a journal."""
    body = msgspec.json.encode(entry)
    return _FRAME.pack(len(body), zlib.crc32(body)) + body


def read_journal(path: Path) -> tuple[list[Entry], int]:
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
