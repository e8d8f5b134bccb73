"""``tracemill split``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.options import Out, console, errors

if TYPE_CHECKING:
    from catalogs.leaks import LeakReport
    from catalogs.splits.factip import FactipReport
    from catalogs.splits.unified_bench import UnifiedReport


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
    from pipelines.splitting.searched import last_profile, make_split
    from workers.image_text.handle import ImageTextWorker

    folder = open_folder(out)
    model = ImageTextWorker(image_text or last_profile(folder).get("image_text", ImageTextWorker.spec))
    made = make_split(name.value, folder, model, against or [], to)
    report = made.report
    console.print(f"{report.held} of {report.asked} in {made.directory}", soft_wrap=True)
    _print_left_out(report)
    if report.leaks is not None:
        _print_leaks("split", report.leaks)
    if made.training is not None:
        _print_leaks("training", made.training)
        console.print(
            f"{len(made.training.removed_items)} trajectories to leave out of training: "
            f"{made.directory.parent / 'training' / 'report.json'}",
            soft_wrap=True,
        )

    if not report.held:
        errors.print(f"the split is empty: {made.directory / 'report.json'} says why", soft_wrap=True)
        raise typer.Exit(1)


def _print_left_out(report: FactipReport | UnifiedReport) -> None:
    """What there was, and why not all of it is in the split."""
    from catalogs.splits.factip import FactipReport

    if isinstance(report, FactipReport):
        offered, what, left_out = report.reserved, "reserved prompts", report.left_out
    else:
        surplus = {"less-diverse": report.available - report.held}
        left_out = {reason: count for reason, count in (report.unfit | surplus).items() if count}
        offered, what = report.held + sum(left_out.values()), "pictures of reserved entities"
    reasons = ", ".join(f"{reason} {count}" for reason, count in left_out.items())
    console.print(f"of {offered} {what}; left out: {reasons or 'none'}", highlight=False, soft_wrap=True)
    if isinstance(report, FactipReport) and report.empty:
        console.print(f"no item of {', '.join(report.empty)}", highlight=False, soft_wrap=True)


def _print_leaks(what: str, report: LeakReport) -> None:
    for compared in report.compared:
        if not compared.prompts and not compared.pictures:
            console.print(f"{what}: {compared.against} is empty, there is nothing to leak into")
            continue
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
