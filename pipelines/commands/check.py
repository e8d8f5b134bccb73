"""``tracemill check``."""

from __future__ import annotations

from pathlib import Path

import typer

from pipelines.commands.options import Out, console


def check(out: Out = Path("out")) -> None:
    """Shards, sidecars and manifest agree: sizes, hashes, counts, offsets."""
    from catalogs.check import check_output
    from pipelines.folder import open_folder

    problems = check_output(open_folder(out).root)
    for problem in problems:
        console.print(f"{problem.file}: {problem.what}. {problem.remedy}", markup=False, highlight=False)
    console.print(f"{len(problems)} problems" if problems else "sound")
    raise typer.Exit(1 if problems else 0)
