"""The command line. Errors that a user can mend are printed in one line; anything else is a defect."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from catalogs.errors import CatalogError
from pipelines.profile import ProfileError, load_profile
from pipelines.run import Summary, UnknownDomainError
from sources.errors import SourceError
from workers.errors import WorkerError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()
errors = Console(stderr=True)

Out = Annotated[Path, typer.Option("--out", help="The output folder.")]

MENDABLE = (CatalogError, ProfileError, SourceError, WorkerError, UnknownDomainError)


@app.command()
def run(
    profile: Annotated[str, typer.Option(help="A shipped profile, or a .toml file.")] = "embedded",
    source: Annotated[str | None, typer.Option(help="sample, or zim:PATH.")] = None,
    domain: Annotated[list[str] | None, typer.Option(help="Only this domain; may be repeated.")] = None,
    limit: Annotated[int | None, typer.Option(help="Entities a domain, at most; 0 takes all.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the sample web.")] = None,
    out: Out = Path("out"),
    runner: Annotated[str, typer.Option(help="ray or local.")] = "ray",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Any profile field: --set proof.margin=0.02")
    ] = None,
) -> None:
    """Bring the output folder up to date: harvest, search, recaption, prove, write."""
    from pipelines.progress import shown
    from pipelines.run import run as run_pipeline
    from pipelines.runners import RUNNERS

    if runner not in RUNNERS:
        raise typer.BadParameter(f"no runner {runner!r}: there are {', '.join(sorted(RUNNERS))}")
    overrides = _overrides(set_ or [])
    overrides |= {k: v for k, v in {"source": source, "limit": limit, "seed": seed}.items() if v is not None}
    chosen = load_profile(profile, overrides)
    try:
        with shown(console) as observe:
            summary = run_pipeline(chosen, out, domains=domain or [], runner=runner, observe=observe)
    except KeyboardInterrupt:
        errors.print("\ninterrupted: everything finished is kept, the same command goes on from here")
        raise typer.Exit(130) from None
    _print_summary(summary, out)


@app.command()
def query(sql: str, out: Out = Path("out")) -> None:
    """Ask the catalog in SQL."""
    from catalogs.database import query as run_query
    from pipelines.folder import open_folder
    from pipelines.printing import answer_table

    console.print(answer_table(run_query(open_folder(out).database, sql)))


@app.command()
def show(
    key: str,
    out: Out = Path("out"),
    image: Annotated[str | None, typer.Option(help="Write ref1, ref2, target or test to a file.")] = None,
) -> None:
    """One trajectory, as a person would want to read it."""
    from pipelines.folder import open_folder
    from pipelines.review import picture_of_trajectory, trajectory_of

    folder = open_folder(out)
    if image is not None:
        path = picture_of_trajectory(folder, key, image)
        console.print(str(path), markup=False, highlight=False, soft_wrap=True)
        return
    console.print(trajectory_of(folder, key))


@app.command()
def gallery(out: Out = Path("out")) -> None:
    """Static pages with every trajectory, its evidence, its proof and what was rejected."""
    from pipelines.folder import open_folder
    from pipelines.review import write_pages

    console.print(f"open {write_pages(open_folder(out))}")


@app.command()
def check(out: Out = Path("out")) -> None:
    """Shards, sidecars and manifest agree: sizes, hashes, counts, offsets."""
    from catalogs.check import check_output
    from pipelines.folder import open_folder

    problems = check_output(open_folder(out).root)
    for problem in problems:
        console.print(f"{problem.file}: {problem.what}. {problem.remedy}", markup=False, highlight=False)
    console.print(f"{len(problems)} problems" if problems else "sound")
    raise typer.Exit(1 if problems else 0)


def main() -> None:
    """Entry point of the `tracemill` command."""
    try:
        app()
    except MENDABLE as error:
        errors.print(f"[bold red]{type(error).__name__}[/]: ", end="")
        errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)


def _overrides(assignments: list[str]) -> dict[str, Any]:
    """``field=value`` with the value in TOML; a bare word is a string."""
    parsed: dict[str, Any] = {}
    for assignment in assignments:
        name, found, value = assignment.partition("=")
        if not found:
            raise ProfileError(f"--set {assignment}: write it as field=value")
        try:
            parsed[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            parsed[name] = value
    return parsed


def _print_summary(summary: Summary, out: Path) -> None:
    from pipelines.printing import funnel_table

    console.print(funnel_table(summary.funnel))
    console.print(
        f"{summary.trajectories} proven trajectories in {summary.shards} shards under {out}; "
        f"{summary.computed} results computed, {len(summary.rewritten)} buckets written. "
        f"Report: {out / 'report.html'}",
        soft_wrap=True,
    )
