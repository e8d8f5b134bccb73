"""``tracemill gc``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import (
    Assignments,
    LastProfileName,
    Out,
    Seed,
    Source,
    console,
    profile_or_last,
)


def gc(
    profile: LastProfileName = None,
    source: Source = None,
    seed: Seed = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, remove nothing.")] = False,
    out: Out = Path("out"),
    set_: Assignments = None,
) -> None:
    """Remove results of other versions than this profile's, pictures that nothing names, and old indexes."""
    from pipelines.upkeep.of_profile import collect_garbage

    chosen = profile_or_last(out, profile, set_, source=source, seed=seed)
    swept = collect_garbage(chosen, out, dry_run=dry_run)
    results = ", ".join(f"{stage} {count}" for stage, count in sorted(swept.results.items()))
    console.print(
        f"{'would go' if dry_run else 'gone'}: {swept.results.total()} results ({results or 'none'}), "
        f"{swept.blobs} pictures, {swept.galleries} galleries, {swept.indexes} indexes; "
        f"{swept.bytes / 2**20:.1f} MiB",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if swept.behind:
        console.print(
            f"all kept of {', '.join(swept.behind)}: brought up by another version or profile, on which the "
            "shards rest; run this one for them first",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
