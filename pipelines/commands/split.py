"""``tracemill split``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.options import Out, console

if TYPE_CHECKING:
    from catalogs.leaks import LeakReport


class SplitName(StrEnum):
    """The splits that can be cut."""

    FACTIP = "factip"
    UNIFIED_BENCH = "unified-bench"


Against = Annotated[
    list[Path] | None,
    typer.Option(
        "--against",
        exists=True,
        help="Compare with this list (JSON, JSONL, CSV, Parquet with a prompt column) or folder of pictures "
        "as well; may be repeated.",
    ),
]


def split(
    name: SplitName,
    out: Out = Path("out"),
    to: Annotated[Path | None, typer.Option(help="Folder to write. Default: OUT/splits/NAME.")] = None,
    against: Against = None,
    image_text: Annotated[
        str | None, typer.Option(help="Model of the image features. Default: that of the last run.")
    ] = None,
) -> None:
    """Cut a benchmark split, and take out whatever leaks: by name, by prompt, by picture."""
    from pipelines.folder import open_folder
    from pipelines.splits import last_profile, make_split
    from workers.image_text.handle import ImageTextWorker

    folder = open_folder(out)
    model = ImageTextWorker(image_text or last_profile(folder).get("image_text", ImageTextWorker.spec))
    made = make_split(name.value, folder, model, against or [], to)
    report = made.report
    console.print(f"{report.held} of {report.asked} in {made.directory}", soft_wrap=True)
    if report.leaks is not None:
        _print_leaks("split", report.leaks)
    if made.training is not None:
        _print_leaks("training", made.training)
        console.print(
            f"{len(made.training.removed_items)} trajectories to leave out of training: "
            f"{made.directory.parent / 'training' / 'report.json'}",
            soft_wrap=True,
        )


def _print_leaks(what: str, report: LeakReport) -> None:
    for compared in report.compared:
        console.print(
            f"{what} compared with {compared.against}: {compared.prompts} prompts, {compared.entities} "
            f"entities, {compared.pictures} pictures ({len(compared.unreadable)} unreadable)",
            soft_wrap=True,
            highlight=False,
        )
    for kind, count in report.found.items():
        console.print(f"  {kind}: {count}{' (noted)' if kind in report.noted else ''}", highlight=False)
    console.print(
        f"  taken out: {len(report.removed_items)} prompts, {len(report.removed_pictures)} pictures",
        highlight=False,
    )
