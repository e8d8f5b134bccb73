"""``tracemill query``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipelines.commands.options import Out, console


def query(
    sql: Annotated[
        str,
        typer.Argument(
            help="One statement, or - to read it from standard input. Tables: SHOW TABLES, with what each "
            "holds: FROM duckdb_tables(). Recipes: docs/sql.md."
        ),
    ],
    out: Out = Path("out"),
    form: Annotated[
        Literal["table", "csv", "jsonl"],
        typer.Option("--format", help="table: for the eye, the first 200 rows; csv, jsonl: all of them."),
    ] = "table",
) -> None:
    """Ask the catalog in SQL; it is read, never written."""
    from catalogs.sql.database import query as run_query
    from pipelines.folder import open_folder
    from pipelines.terminal.answers import FORMS, shown

    answer = run_query(open_folder(out).database, sys.stdin.read() if sql == "-" else sql)
    if form == "table":
        console.print(shown(answer, console))
    else:
        for piece in FORMS[form](answer):
            typer.echo(piece, nl=False)
