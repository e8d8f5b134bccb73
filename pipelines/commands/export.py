"""``tracemill export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipelines.commands.options import Out, console


def export(
    form: Annotated[
        str | None,
        typer.Option(
            "--format", help="unify-agent, sharegpt, openai, hf, rl, pairs, bagel (see docs/exports.md)."
        ),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="Where to write: an empty folder, or an export to go on with.")
    ] = None,
    out: Out = Path("out"),
    split: Annotated[
        Literal["train", "factip"],
        typer.Option(help="factip, as hf or rl, is the benchmark: never train on it."),
    ] = "train",
    target: Annotated[
        Literal["drawing", "ground-truth"],
        typer.Option(help="The picture to learn to draw; drawing is the proven one."),
    ] = "drawing",
    max_tokens: Annotated[
        int, typer.Option(min=1, help="unify-agent: the trainer's limit of tokens a sample.")
    ] = 16_384,
    resize: Annotated[
        bool, typer.Option(help="unify-agent: shrink pictures of samples over the limit.")
    ] = False,
    check: Annotated[
        Path | None, typer.Option(help="Check an export instead: read it as its target does.")
    ] = None,
) -> None:
    """Trajectories in the format of a trainer."""
    from catalogs.exports import Settings, check_export
    from pipelines.export import export as write
    from pipelines.folder import open_folder

    if check is not None:
        problems = check_export(check)
        for problem in problems:
            console.print(f"{problem.file}: {problem.what}", markup=False, highlight=False, soft_wrap=True)
        console.print(f"{len(problems)} problems" if problems else "sound")
        raise typer.Exit(1 if problems else 0)
    if form is None or to is None:
        raise typer.BadParameter("give --format and --to, or --check")
    settings = Settings(split=split, target=target, max_tokens=max_tokens, resize=resize)
    index = write(open_folder(out), to, form, settings)
    left = ", ".join(f"{reason} {count}" for reason, count in index.left_out.items())
    said = f"{index.samples} samples as {index.format} in {to}; left out: {left or 'none'}."
    console.print(f"{said} Report: {to / 'report.json'}", markup=False, highlight=False, soft_wrap=True)
