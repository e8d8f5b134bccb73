"""``tracemill gallery``."""

from __future__ import annotations

from pathlib import Path

from pipelines.commands.options import Out, console


def gallery(out: Out = Path("out")) -> None:
    """Static pages with every trajectory, its evidence, its proof and what was rejected."""
    from pipelines.folder import open_folder
    from pipelines.review import write_pages

    index = write_pages(open_folder(out))
    console.print(f"open {index}", markup=False, highlight=False, soft_wrap=True)
