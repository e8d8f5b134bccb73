"""``tracemill retry``."""

from __future__ import annotations

from pathlib import Path

from pipelines.commands.options import Assignments, Domains, Limit, Out, ProfileName, Seed, Source, profile_of
from pipelines.commands.run import Runner, bring_up


def retry(
    profile: ProfileName = "embedded",
    source: Source = None,
    domain: Domains = None,
    limit: Limit = None,
    seed: Seed = None,
    out: Out = Path("out"),
    runner: Runner = "ray",
    set_: Assignments = None,
) -> None:
    """A run that takes up dead letters, too: records that failed as often as their error is tried."""
    from pipelines.folder import open_folder

    open_folder(out)  # what never ran has nothing to retry
    chosen = profile_of(profile, set_, source=source, limit=limit, seed=seed)
    bring_up(chosen, out, domain or [], runner, retry=True)
