"""Segments of the ledger: readable, and every document as its digest says."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.check.problem import Problem, at_once, doubted, files_in, told
from catalogs.digests import digest
from catalogs.results import EARLIER, SCHEMA, Cells

STORING = ("ground_truth", "image_trace", "drawings")
"""Columns whose stages put pictures into the blob store; what other columns name, these name first."""

_PICTURE = re.compile(rb'"sha256":"([0-9a-f]{64})"')
_HEADER = struct.Struct("<II")
_cells = msgspec.json.Decoder(Cells)
_digests = msgspec.json.Decoder(dict[str, str])


@dataclass
class Stored:
    """What the ledger holds."""

    problems: list[Problem] = field(default_factory=list)
    pictures: dict[str, list[str]] = field(default_factory=dict)
    """SHA-256 of every picture that a result put into the blob store -> what to delete to have it made anew:
    the segments with those results, and the current tables that rest on them."""


def check_ledger(out: Path) -> Stored:
    """Read every segment of every version of every stage once."""
    stored = Stored()
    root = out / "ledger"
    for problems, pictures in at_once(
        lambda path: _check_segment(out, path),
        files_in(root, "*/*/*/[!.]*.parquet") + files_in(root, "*/*/*/[!.]*.journal"),
    ):
        stored.problems += problems
        for name, files in pictures.items():
            known = stored.pictures.setdefault(name, [])
            known += [file for file in files if file not in known]
    return stored


def resting_on(out: Path, segment: Path) -> list[str]:
    """Current tables of the bucket of a segment, and of buckets that it came from or split into.

    A run looks into a bucket again only when its current table is gone or was made from something else.
    """
    domain, bucket = segment.parent.name, segment.stem
    related = []
    for path in files_in(out / "current", f"{domain}-*.parquet"):
        of, _, other = path.stem.rpartition("-")
        if of == domain and (other.startswith(bucket) or bucket.startswith(other)):
            related.append(path.relative_to(out).as_posix())
    return related


def _check_segment(out: Path, path: Path) -> tuple[list[Problem], dict[str, list[str]]]:
    name = path.relative_to(out).as_posix()
    others = resting_on(out, path)
    if path.suffix == ".journal":
        return list(_check_journal(name, path.read_bytes(), others)), {}
    why = "these results are computed anew, everything else is kept"
    try:
        table = pq.read_table(path, columns=["key", "digests", "cells"], partitioning=None)
        schema = pq.read_schema(path)
        complete = any(map(schema.equals, (SCHEMA, *EARLIER)))
        keys, digests, cells = (column.to_pylist() for column in table.columns)
        wrong, pictures = _wrong_documents(digests, cells)
    except (pa.ArrowException, OSError, msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        return [doubted(name, f"cannot be read: {error}", *others, why=why)], {}
    problems = []
    if not complete:
        problems.append(doubted(name, "lacks columns of the ledger", *others, why=why))
    if wrong:
        what = f"{len(wrong)} of {len(keys)} results are not as their digests say, {keys[wrong[0]]} first"
        problems.append(doubted(name, what, *others, why=why))
    return problems, {picture: [name, *others] for picture in pictures}


def _wrong_documents(digests: list[str], cells: list[str]) -> tuple[list[int], set[str]]:
    """Rows with a document that is not as its digest says; pictures that sound rows put into the store."""
    wrong: list[int] = []
    pictures: set[str] = set()
    for row, (expected, text) in enumerate(zip(digests, cells, strict=True)):
        documents = {column: bytes(document) for column, document in _cells.decode(text).items()}
        if _digests.decode(expected) != {column: digest(d) for column, d in documents.items()}:
            wrong.append(row)
            continue
        for column in STORING:
            pictures.update(name.decode() for name in _PICTURE.findall(documents.get(column, b"")))
    return wrong, pictures


def _check_journal(name: str, data: bytes, others: list[str]) -> Iterator[Problem]:
    """A kill may tear the last frame, which the next run cuts off; a broken one before others is damage."""
    start = 0
    while (end := _frame_end(data, start)) is not None:
        start = end
    lost = 0
    position = data.find(b'{"', start)
    while position >= 0:
        end = _frame_end(data, position - _HEADER.size)
        lost += end is not None
        position = data.find(b'{"', end if end is not None else position + 1)
    if lost:
        what = f"is damaged at byte {start}, before {lost} results"
        why = "what comes before is kept, the others are computed anew"
        if others:
            yield doubted(name, what, *others, itself=False, why=why)
        else:
            yield told(name, what, why=why)


def _frame_end(data: bytes, start: int) -> int | None:
    """Where the frame that begins at `start` ends; None where there is no whole one."""
    if start < 0 or start + _HEADER.size > len(data):
        return None
    length: int
    length, checksum = _HEADER.unpack_from(data, start)
    body = data[start + _HEADER.size : start + _HEADER.size + length]
    if len(body) < length or zlib.crc32(body) != checksum:
        return None
    return start + _HEADER.size + length
