"""``tracemill retry``."""

from __future__ import annotations

from pathlib import Path

from pipelines.commands.options import (
    Assignments,
    Domains,
    LastProfileName,
    Limit,
    Out,
    Seed,
    Source,
    profile_or_last,
)
from pipelines.commands.run import Runner, bring_up
from pipelines.commands.status import print_difference
from pipelines.folder import open_folder


def retry(
    profile: LastProfileName = None,
    source: Source = None,
    domain: Domains = None,
    limit: Limit = None,
    seed: Seed = None,
    out: Out = Path("out"),
    runner: Runner = "ray",
    set_: Assignments = None,
) -> None:
    """A run that takes up dead letters, too: records that failed as often as their error is tried."""
    # What never ran has nothing to retry, and what ran small shall not grow for it.
    open_folder(out)
    chosen = profile_or_last(out, profile, set_, source=source, limit=limit, seed=seed)
    print_difference(chosen, out)  # before anything is paid for: options are laid over no earlier run
    bring_up(chosen, out, domain or [], runner, retry=True)
