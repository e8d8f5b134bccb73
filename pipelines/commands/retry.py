"""``tracemill retry``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import Assignments, Out, ProfileName, overrides
from pipelines.commands.run import Runner, bring_up
from pipelines.profile import load_profile


def retry(
    profile: ProfileName = "embedded",
    source: Annotated[str | None, typer.Option(help="sample, or zim:PATH.")] = None,
    domain: Annotated[list[str] | None, typer.Option(help="Only this domain; may be repeated.")] = None,
    limit: Annotated[int | None, typer.Option(help="Entities a domain, at most; 0 takes all.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the sample web.")] = None,
    out: Out = Path("out"),
    runner: Runner = "ray",
    set_: Assignments = None,
) -> None:
    """A run that takes up dead letters, too: records that failed as often as their error is tried."""
    chosen = load_profile(profile, overrides(set_, source=source, limit=limit, seed=seed))
    bring_up(chosen, out, domain or [], runner, retry=True)
