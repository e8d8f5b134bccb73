"""``tracemill run``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipelines.commands.options import (
    Assignments,
    Domains,
    Limit,
    Out,
    ProfileName,
    Seed,
    Source,
    console,
    profile_of,
)
from pipelines.commands.status import print_account, print_plan

if TYPE_CHECKING:
    from pipelines.profile import Profile
    from pipelines.run import Summary

Runner = Annotated[
    Literal["ray", "local"],
    typer.Option("--runner", help="On Ray (RAY_ADDRESS names a cluster), or in this process."),
]


def run(
    profile: ProfileName = "embedded",
    source: Source = None,
    domain: Domains = None,
    limit: Limit = None,
    seed: Seed = None,
    out: Out = Path("out"),
    runner: Runner = "ray",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be done, do nothing.")] = False,
    replay: Annotated[
        str | None, typer.Option(help="Folder `calls` of an earlier run: answer from it, call nobody.")
    ] = None,
    set_: Assignments = None,
) -> None:
    """Bring the output folder up to date: harvest, search, recaption, prove, write."""
    chosen = profile_of(profile, set_, source=source, limit=limit, seed=seed, replay=replay)
    if dry_run:
        print_plan(chosen, out, domain or [])
    else:
        bring_up(chosen, out, domain or [], runner, retry=False)


def bring_up(profile: Profile, out: Path, domains: list[str], runner: str, *, retry: bool) -> None:
    """The same for `run` and for `retry`: progress while it lasts, then the funnel."""
    from pipelines.run import run as run_pipeline
    from pipelines.terminal.progress import shown

    with shown(console) as observe:
        summary = run_pipeline(profile, out, domains=domains, runner=runner, observe=observe, retry=retry)
    _print_summary(summary, out)
    print_account(profile, out)


def _print_summary(summary: Summary, out: Path) -> None:
    from pipelines.terminal.printing import funnel_table

    console.print(funnel_table(summary.funnel))
    console.print(
        f"{summary.trajectories} proven trajectories in {summary.shards} shards under {out}; "
        f"{summary.computed} results computed, {len(summary.rewritten)} buckets written. "
        f"Report: {out / 'report.html'}",
        soft_wrap=True,
        markup=False,
    )
    factip, unified_bench = summary.splits
    searched = (
        "names, prompts and pictures compared with training"
        if summary.splits.by_eye
        else f"names and prompts compared with training, pictures not: run `tracemill split --out {out}`"
    )
    console.print(
        f"Benchmark: {factip.held} FactIP prompts, {unified_bench.held} Unified-Bench pictures; {searched}",
        soft_wrap=True,
        markup=False,
    )
