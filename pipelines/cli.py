"""The command line. Errors that a user can mend are printed in one line; anything else is a defect.

What is heavy to import is imported inside the commands, so that `--help` and `query` answer at once.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

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


class _Interruptible(TyperGroup):
    """Ctrl-C ends every command with the status that shells expect, and says what has become of the work."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            errors.print("\ninterrupted: everything finished is kept, the same command goes on from here")
            raise typer.Exit(130) from None


app = typer.Typer(
    cls=_Interruptible, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)

COMMANDS = (run, status, retry, query, show, gallery, check, export, forget, gc, split, push, pull, fetch)
for command in COMMANDS:
    app.command()(command)
app.add_typer(score, name="score")
app.add_typer(plan, name="plan")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"tracemill {version('tracemill')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it and exit.")
    ] = False,
) -> None:
    """Proven trajectories for world-grounded image generation, kept in an output folder, --out."""


def _mendable() -> tuple[type[Exception], ...]:
    from catalogs.errors import CatalogError
    from catalogs.stage import StopRun
    from pipelines.profile import ProfileError
    from pipelines.run import UnknownDomainError
    from sources.errors import SourceError
    from workers.errors import WorkerError

    return CatalogError, StopRun, ProfileError, SourceError, WorkerError, UnknownDomainError


def main() -> None:
    """Entry point of the `tracemill` command."""
    try:
        app()
    except Exception as error:
        if not isinstance(error, _mendable()):
            raise
        errors.print(f"[bold red]{type(error).__name__}[/]: ", end="")
        errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
