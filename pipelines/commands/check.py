"""``tracemill check``."""

from __future__ import annotations

from pathlib import Path

import typer

from catalogs.errors import FolderError
from pipelines.commands.options import Out, console


def check(out: Out = Path("out")) -> None:
    """Everything in the folder is whole and agrees: hashes, sizes, counts, offsets."""
    from catalogs.check import check_output
    from pipelines.folder import MARKER

    if not any((out / name).exists() for name in (MARKER, "ledger")):
        raise FolderError(f"{out} is no output folder (no {MARKER}): run `tracemill run --out {out}` first")
    problems = check_output(out)
    for problem in problems:
        console.print(
            f"{problem.file}: {problem.what}. To mend: {problem.remedy}",
            markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip
    console.print(f"{len(problems)} problems" if problems else "sound")
    raise typer.Exit(1 if problems else 0)
