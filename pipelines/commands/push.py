"""``tracemill push``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import Out, console

Address = Annotated[str, typer.Argument(help="s3://bucket/prefix, gs://bucket/prefix, file:///folder ...")]


def push(
    url: Address,
    out: Out = Path("out"),
    replace: Annotated[
        bool, typer.Option("--replace", help="Push over what another folder has pushed there.")
    ] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Although another push holds the store, which is surely gone.")
    ] = False,
) -> None:
    """Keep an output folder in a store: send what is not there, remove there what is no longer here."""
    from pipelines.mirror import push

    done = push(out, url, replace=replace, take_over=take_over)
    console.print(
        f"{done.files} files sent ({done.bytes / 2**20:.1f} MiB), {done.removed} removed from {url}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
