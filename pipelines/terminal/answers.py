"""Answers of the catalog: a table for the eye, CSV and JSON lines for whatever reads on."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
import pyarrow as pa
from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

_WIDE = 10_000
"""Characters a line while a table is measured, so that what it wants is not cut to what there is."""

MOST_ROWS = 200
"""Rows that are printed for the eye; the other forms have them all."""


def shown(answer: pa.Table, console: Console) -> RenderableType:
    """A table, or a block of lines for each row where the columns do not fit side by side.

    Values are shown as they are, never read as markup.
    """
    rows = answer.slice(0, MOST_ROWS).to_pylist(maps_as_pydicts="lossy")
    table = _table(answer.column_names, rows)
    unbounded = console.options.update(max_width=_WIDE)
    fits = Measurement.get(console, unbounded, table).minimum <= console.width
    parts: list[RenderableType] = [table] if fits else [_block(row) for row in rows]
    if answer.num_rows > MOST_ROWS:
        parts.append(
            Text(f"first {MOST_ROWS} of {answer.num_rows} rows; all of them with --format csv or jsonl")
        )
    return Group(*parts)


def _table(names: list[str], rows: Iterable[dict[str, Any]]) -> Table:
    table = Table()
    for name in names:
        table.add_column(Text(name))
    for row in rows:
        table.add_row(*(Text(_plain(value)) for value in row.values()))
    return table


def _block(row: dict[str, Any]) -> RenderableType:
    """The row's columns below each other, those without a value left out."""
    lines = Table(box=None, show_header=False, pad_edge=False)
    lines.add_column(no_wrap=True, style="dim")
    lines.add_column(overflow="fold")
    for name, value in row.items():
        if value is not None:
            lines.add_row(Text(name), Text(_plain(value)))
    return Group(Rule(style="dim"), lines)


def _csv(answer: pa.Table) -> Iterator[str]:
    """RFC 4180 with a header, but lines end as shells expect; lists and structs as JSON."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(answer.column_names)
    for batch in answer.to_batches():
        for row in batch.to_pylist(maps_as_pydicts="lossy"):
            writer.writerow("" if value is None else _plain(value) for value in row.values())
        yield file.getvalue()
        file.seek(0)
        file.truncate()
    yield file.getvalue()


def _jsonl(answer: pa.Table) -> Iterator[str]:
    """An object a line."""
    for batch in answer.to_batches():
        for row in batch.to_pylist(maps_as_pydicts="lossy"):
            yield msgspec.json.encode(row).decode() + "\n"


def _plain(value: Any) -> str:
    """One value as text: nested ones as JSON."""
    if value is None:
        return ""
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else str(value)


FORMS: dict[str, Callable[[pa.Table], Iterator[str]]] = {"csv": _csv, "jsonl": _jsonl}
"""Name -> pieces of the text, all rows."""
