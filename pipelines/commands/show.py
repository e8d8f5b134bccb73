"""``tracemill show``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import Out, console


def show(
    key: Annotated[
        str,
        typer.Argument(
            help='Of a record, as `query "FROM prompts"` lists them; or an entity\'s title or id.'
        ),
    ],
    out: Out = Path("out"),
    image: Annotated[str | None, typer.Option(help="Write ref1, ref2, target or test to a file.")] = None,
) -> None:
    """One trajectory, as a person would want to read it."""
    from pipelines.folder import open_folder
    from pipelines.review import picture_of_trajectory, trajectory_of

    folder = open_folder(out)
    if image is not None:
        path = picture_of_trajectory(folder, key, image)
        console.print(str(path), markup=False, highlight=False, soft_wrap=True)
        return
    console.print(trajectory_of(folder, key))
