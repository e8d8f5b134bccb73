"""``tracemill query``."""

from __future__ import annotations

from pathlib import Path

from pipelines.commands.options import Out, console


def query(sql: str, out: Out = Path("out")) -> None:
    """Ask the catalog in SQL."""
    from catalogs.database import query as run_query
    from pipelines.folder import open_folder
    from pipelines.printing import answer_table

    console.print(answer_table(run_query(open_folder(out).database, sql)))
