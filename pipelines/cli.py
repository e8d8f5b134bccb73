"""The command line. Errors that a user can mend are printed in one line; anything else is a defect."""

from __future__ import annotations

import sys

import typer

from catalogs.errors import CatalogError
from catalogs.stage import StopRun
from pipelines.commands.check import check
from pipelines.commands.export import export
from pipelines.commands.fetch import fetch
from pipelines.commands.forget import forget
from pipelines.commands.gallery import gallery
from pipelines.commands.gc import gc
from pipelines.commands.options import errors
from pipelines.commands.plan import plan
from pipelines.commands.pull import pull
from pipelines.commands.push import push
from pipelines.commands.query import query
from pipelines.commands.retry import retry
from pipelines.commands.run import run
from pipelines.commands.score import score
from pipelines.commands.show import show
from pipelines.commands.split import split
from pipelines.commands.status import status
from pipelines.profile import ProfileError
from pipelines.run import UnknownDomainError
from sources.errors import SourceError
from workers.errors import WorkerError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

COMMANDS = (run, status, retry, query, show, gallery, check, export, forget, gc, split, push, pull, fetch)
for command in COMMANDS:
    app.command()(command)
app.add_typer(score, name="score")
app.add_typer(plan, name="plan")

MENDABLE = (CatalogError, StopRun, ProfileError, SourceError, WorkerError, UnknownDomainError)


def main() -> None:
    """Entry point of the `tracemill` command."""
    try:
        app()
    except MENDABLE as error:
        errors.print(f"[bold red]{type(error).__name__}[/]: ", end="")
        errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
