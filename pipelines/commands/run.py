"""``tracemill run``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.options import Assignments, Out, ProfileName, console, errors, overrides
from pipelines.profile import load_profile

if TYPE_CHECKING:
    from pipelines.run import Summary


def run(
    profile: ProfileName = "embedded",
    source: Annotated[str | None, typer.Option(help="sample, or zim:PATH.")] = None,
    domain: Annotated[list[str] | None, typer.Option(help="Only this domain; may be repeated.")] = None,
    limit: Annotated[int | None, typer.Option(help="Entities a domain, at most; 0 takes all.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the sample web.")] = None,
    out: Out = Path("out"),
    runner: Annotated[str, typer.Option(help="ray or local.")] = "ray",
    set_: Assignments = None,
) -> None:
    """Bring the output folder up to date: harvest, search, recaption, prove, write."""
    from pipelines.progress import shown
    from pipelines.run import run as run_pipeline
    from pipelines.runners import RUNNERS

    if runner not in RUNNERS:
        raise typer.BadParameter(f"no runner {runner!r}: there are {', '.join(sorted(RUNNERS))}")
    chosen = load_profile(profile, overrides(set_, source=source, limit=limit, seed=seed))
    try:
        with shown(console) as observe:
            summary = run_pipeline(chosen, out, domains=domain or [], runner=runner, observe=observe)
    except KeyboardInterrupt:
        errors.print("\ninterrupted: everything finished is kept, the same command goes on from here")
        raise typer.Exit(130) from None
    _print_summary(summary, out)


def _print_summary(summary: Summary, out: Path) -> None:
    from pipelines.printing import funnel_table

    console.print(funnel_table(summary.funnel))
    console.print(
        f"{summary.trajectories} proven trajectories in {summary.shards} shards under {out}; "
        f"{summary.computed} results computed, {len(summary.rewritten)} buckets written. "
        f"Report: {out / 'report.html'}",
        soft_wrap=True,
    )
