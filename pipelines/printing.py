"""Tables for the terminal."""

from __future__ import annotations

import pyarrow as pa
from rich.table import Table
from rich.text import Text

from catalogs.funnel import Funnel

_MOST_ROWS = 200
"""Rows of an answer that are printed; whoever wants more opens the catalog with a DuckDB client."""


def funnel_table(funnel: Funnel) -> Table:
    """How many entered each stage and what became of them."""
    table = Table(title="funnel", title_justify="left")
    for name in ("stage", "entered", "kept", "passed", "rejected", "failed"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    table.add_column("reasons")
    for counts in funnel.stages:
        reasons = {**counts.rejected, **counts.failed}
        table.add_row(
            counts.stage,
            str(counts.entered),
            str(counts.kept),
            str(counts.passed or ""),
            str(sum(counts.rejected.values()) or ""),
            str(sum(counts.failed.values()) or ""),
            Text(", ".join(f"{reason} {count}" for reason, count in reasons.items())),
        )
    return table


def answer_table(answer: pa.Table) -> Table:
    """Rows of a query; values are shown as they are, never read as markup."""
    table = Table()
    for name in answer.column_names:
        table.add_column(Text(name))
    for row in answer.slice(0, _MOST_ROWS).to_pylist():
        table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
    if answer.num_rows > _MOST_ROWS:
        table.caption = f"first {_MOST_ROWS} of {answer.num_rows} rows"
    return table
