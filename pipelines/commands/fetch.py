"""``tracemill fetch``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import Assignments, ProfileName, console, overrides
from pipelines.profile import ProfileError, load_profile

Processes = Annotated[int, typer.Option("--processes", min=1, help="A core each is best.")]
Side = Annotated[int, typer.Option("--side", min=1, help="Shorter side of the pictures, in pixels.")]


def fetch(
    addresses: Annotated[Path, typer.Argument(help="A text file with an address a line.")],
    out: Annotated[Path, typer.Option("--out", help="Where shards and the log of addresses go.")],
    profile: ProfileName = "embedded",
    side: Side = 256,
    processes: Processes = 2,
    set_: Assignments = None,
) -> None:
    """Pictures of a list of addresses into WebDataset shards; the same command goes on and tries again."""
    from sources.fetching.bulk import fetch_to_shards
    from sources.fetching.seen import SeenLog

    settings = load_profile(profile, overrides(set_)).fetching
    if not addresses.is_file():
        raise ProfileError(f"there is no file {addresses}: name a text file with an address a line")
    urls = [line.strip() for line in addresses.read_text().splitlines() if line.strip()]
    fetch_to_shards(urls, out, settings, side=side, processes=processes)
    wanted = set(urls)
    ended = Counter(one.kind or one.outcome for one in SeenLog(out / "seen") if one.url in wanted)
    for kind, count in ended.most_common():
        console.print(f"{count:>10,}  {kind}", markup=False, highlight=False)
