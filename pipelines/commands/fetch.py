"""``tracemill fetch``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import Assignments, ProfileName, console, profile_of

Processes = Annotated[int, typer.Option("--processes", min=1, help="A core each is best.")]
Side = Annotated[int, typer.Option("--side", min=1, help="Shorter side of the pictures, in pixels.")]


def fetch(
    addresses: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A text file with an address a line.")
    ],
    out: Annotated[
        Path, typer.Option("--out", file_okay=False, help="Where shards and the log of addresses go.")
    ],
    profile: ProfileName = "embedded",
    side: Side = 256,
    processes: Processes = 2,
    set_: Assignments = None,
) -> None:
    """Pictures of a list of addresses into WebDataset shards; the same command goes on and tries again."""
    from sources.fetching.bulk import fetch_to_shards
    from sources.fetching.seen import SeenLog

    settings = profile_of(profile, set_).fetching
    try:
        urls = [line.strip() for line in addresses.read_text("utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{addresses} is no text: {error}", param_hint="ADDRESSES") from error
    fetch_to_shards(urls, out, settings, side=side, processes=processes)
    wanted = set(urls)
    ended = Counter(one.kind or one.outcome for one in SeenLog(out / "seen") if one.url in wanted)
    for kind, count in ended.most_common():
        console.print(f"{count:>10,}  {kind}", markup=False, highlight=False)
