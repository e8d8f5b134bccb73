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
    name: Annotated[list[SplitName] | None, typer.Argument(help="One or several. Default: both.")] = None,
    out: Out = Path("out"),
    to: Annotated[
        Path | None, typer.Option(help="Folder to write a single split to. Default: OUT/splits/NAME.")
    ] = None,
    against: Against = None,
    image_text: Annotated[
        str | None, typer.Option(help="Model of the image features. Default: that of the last run.")
    ] = None,
) -> None:
    """Cut benchmark splits, and take out whatever leaks: by name, by prompt, by picture."""
    from pipelines.folder import open_folder
    from pipelines.settings import last_profile
    from pipelines.splitting.searched import make_splits
    from workers.image_text.handle import ImageTextWorker

    names = list(dict.fromkeys(one.value for one in name or SplitName))
    if to is not None and len(names) != 1:
        raise typer.BadParameter("--to is the folder of one split: name one")
    folder = open_folder(out)
    model = ImageTextWorker(image_text or last_profile(folder).get("image_text", ImageTextWorker.spec))
    made = make_splits(names, folder, model, against or [], to)
    for one in made:
        console.print(
            f"{one.report.held} of {one.report.asked} in {one.directory}", soft_wrap=True, markup=False
        )
        _print_left_out(one.report)
        if one.report.leaks is not None:
            _print_leaks("split", one.report.leaks)
    if (shared := made[0].training) is not None:
        _print_leaks("training", shared)
        console.print(
            f"{len(shared.removed_items)} trajectories to leave out of training: "
            f"{made[0].directory.parent / 'training' / 'report.json'}",
            soft_wrap=True,
            markup=False,
        )
    for one in made:
        if not one.report.held:
            errors.print(
                f"the split is empty: {one.directory / 'report.json'} says why", soft_wrap=True, markup=False
            )
    if not all(one.report.held for one in made):
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
            console.print(f"{what}: {compared.against} is empty, there is nothing to leak into", markup=False)
            continue
        console.print(
            f"{what} compared with {compared.against}: {compared.prompts} prompts, {compared.entities} "
            f"entities, {compared.pictures} pictures ({len(compared.unreadable)} unreadable)",
            soft_wrap=True,
            markup=False,
            highlight=False,
        )
    for kind, count in report.found.items():
        console.print(f"  {kind}: {count}{' (noted)' if kind in report.noted else ''}", highlight=False)
    console.print(
        f"  taken out: {len(report.removed_items)} prompts, {len(report.removed_pictures)} pictures",
        highlight=False,
    )
