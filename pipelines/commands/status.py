"""``tracemill status``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.options import (
    Assignments,
    Domains,
    LastProfileName,
    Limit,
    Out,
    Seed,
    Source,
    console,
    profile_or_last,
)

if TYPE_CHECKING:
    from pipelines.costs import Cost
    from pipelines.profile import Profile


def status(
    profile: LastProfileName = None,
    source: Source = None,
    domain: Domains = None,
    limit: Limit = None,
    seed: Seed = None,
    out: Out = Path("out"),
    stages: Annotated[
        bool, typer.Option("--stages", help="A row for every stage, also for those that only follow.")
    ] = False,
    set_: Assignments = None,
) -> None:
    """What is done, rejected, failed and stale; what a run would do, and what it is expected to cost."""
    chosen = profile_or_last(out, profile, set_, source=source, limit=limit, seed=seed)
    print_plan(chosen, out, domain or [], every=stages)


def print_plan(profile: Profile, out: Path, domains: list[str], *, every: bool = False) -> None:
    """The same for `status` and for `run --dry-run`."""
    print_quota(profile, out)  # first: a source whose quota is used up cannot be surveyed
    from pipelines.run import planned
    from pipelines.terminal.printing import status_table, status_total

    found = planned(profile, out, domains=domains)
    console.print(status_table(found, every=every))
    console.print(status_total(found), soft_wrap=True, markup=False, highlight=False)
    if not found.idle:
        print_difference(profile, out)
    print_account(profile, out, found.cost)


def print_difference(profile: Profile, out: Path) -> None:
    """What is set otherwise than in the newest finished run, in one line: what is due may be due to that
    alone."""
    from pipelines.folder import OutputFolder
    from pipelines.settings import settings_changed

    if changed := settings_changed(OutputFolder(out), profile):
        said = f"set otherwise than in the newest finished run: {', '.join(changed)}"
        console.print(said, soft_wrap=True, markup=False, highlight=False)


def print_account(profile: Profile, out: Path, expected: Cost | None = None) -> None:
    """What endpoints have cost so far and may still cost, in one line, where anything is to be said of it."""
    from pipelines.account import account_of
    from pipelines.terminal.printing import account_total

    if said := account_total(account_of(profile, out.resolve()), expected):
        console.print(said, soft_wrap=True, markup=False, highlight=False)


def print_quota(profile: Profile, out: Path) -> None:
    """Requests to BabelNet that today has seen and leaves, where there were any."""
    from pipelines.folder import OutputFolder
    from sources.babelnet.quota import quota_of

    quota = quota_of(OutputFolder(out).index, profile.fetching.babelnet_daily)
    if quota.used:
        console.print(str(quota), soft_wrap=True, markup=False, highlight=False)
