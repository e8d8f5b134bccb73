"""``tracemill pull``."""

from __future__ import annotations

from pathlib import Path

from pipelines.commands.options import Out, console
from pipelines.commands.push import Address


def pull(url: Address, out: Out = Path("out")) -> None:
    """Bring an output folder, new or pushed before, to what a store holds; every byte is checked."""
    from pipelines.mirror import pull

    done = pull(out, url)
    console.print(
        f"{done.files} files fetched ({done.bytes / 2**20:.1f} MiB), {done.removed} removed from {out}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
