"""``tracemill plan``: what would be done, counted before it is done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
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
    errors,
    profile_or_last,
)

plan = typer.Typer(no_args_is_help=True, help="What would be done, counted before it is done.")


@plan.callback()
def _commands() -> None:
    """Keep ``harvest`` a command of its own while it is the only one."""


@plan.command()
def harvest(
    profile: LastProfileName = None,
    source: Source = None,
    domain: Domains = None,
    limit: Limit = None,
    seed: Seed = None,
    out: Out = Path("out"),
    as_json: Annotated[bool, typer.Option("--json", help="Print all counts as JSON.")] = False,
    set_: Assignments = None,
) -> None:
    """What a harvest would take of each category, popularity band, country and language, and why no more."""
    from pipelines.harvesting.plan import plan_harvest, rendered
    from pipelines.run import UnknownDomainError

    chosen = profile_or_last(out, profile, set_, source=source, limit=limit, seed=seed, to=errors)
    found = plan_harvest(chosen, out, domain or [])
    if unknown := [name for name in domain or [] if name not in found.by_category]:
        raise UnknownDomainError(
            f"no domain {', '.join(unknown)} in this source: give the same command without --domain"
        )
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        console.print(rendered(found))
