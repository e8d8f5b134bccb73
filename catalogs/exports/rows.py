"""Rows of the two containers that targets read: lines of JSON and row groups of Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.exports.errors import ExportError

ROWS = 64
"""Rows of a row group, at most: with four pictures a row, a viewer fetches a few MiB for one row."""
GROUP_BYTES = 32 * 2**20
"""Bytes of pictures and text after which a row group is closed. Far below Arrow's 2 GiB a column chunk."""

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""A picture as `datasets` stores it."""


def json_line(row: Any) -> bytes:
    """A row as a line; fields in the given order."""
    return msgspec.json.encode(row) + b"\n"


def pretty(document: Any) -> bytes:
    """A document for people to read, too."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def files_in(folder: Path) -> list[Path]:
    """The files of a folder by name, none where there is no folder."""
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file of JSON lines, one at a time; raises `ExportError` for a damaged line."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield msgspec.json.decode(line, type=dict[str, Any])
            except msgspec.MsgspecError as error:
                raise ExportError(
                    f"{path}, line {number}, is no JSON object ({error}): delete the export and make it anew"
                ) from error


class Table:
    """A Parquet file being written, row group by row group, so that memory does not grow with it."""

    def __init__(self, path: Path, schema: pa.Schema, rows: int = ROWS) -> None:
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._schema = schema
        self._rows = rows
        self._held: list[Mapping[str, Any]] = []
        self._bytes = 0

    def add(self, row: Mapping[str, Any], size: int) -> None:
        """Append a row of about `size` bytes."""
        self._held.append(row)
        self._bytes += size
        if len(self._held) >= self._rows or self._bytes >= GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        if self._held:
            self._writer.write_table(pa.Table.from_pylist(self._held, schema=self._schema))
            self._held, self._bytes = [], 0

    def close(self) -> None:
        self.flush()
        self._writer.close()


@contextmanager
def table(path: Path, schema: pa.Schema, rows: int = ROWS) -> Iterator[Table]:
    """A Parquet file to add rows to."""
    being_written = Table(path, schema, rows)
    try:
        yield being_written
    finally:
        being_written.close()


def read_table(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, one row group in memory at a time; raises `ExportError`."""
    try:
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                yield from file.read_row_group(number).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise ExportError(f"{path} cannot be read ({error}): delete the export and make it anew") from error
