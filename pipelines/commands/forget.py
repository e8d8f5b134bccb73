"""``tracemill forget``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.options import Assignments, LastProfileName, Out, console, profile_or_last
from pipelines.commands.status import print_difference

if TYPE_CHECKING:
    from pipelines.upkeep.answers import Answers
    from pipelines.upkeep.forget import Forgotten


def forget(
    entity: Annotated[str | None, typer.Option(help="Title or id of an entity.")] = None,
    url: Annotated[str | None, typer.Option(help="Address of a page or picture.")] = None,
    licence: Annotated[str | None, typer.Option(help="Everything under this licence.")] = None,
    sha256: Annotated[str | None, typer.Option(help="Content of a picture.")] = None,
    why: Annotated[str, typer.Option(help="Kept with the tombstone.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, remove nothing.")] = False,
    profile: LastProfileName = None,
    out: Out = Path("out"),
    set_: Assignments = None,
) -> None:
    """Take a source down, with everything derived from it; it never returns."""
    from pipelines.folder import open_folder
    from pipelines.upkeep.of_profile import forget_source

    asked = {"entity": entity, "url": url, "licence": licence, "sha256": sha256}
    given = {kind: value for kind, value in asked.items() if value}
    if len(given) != 1:
        raise typer.BadParameter("give one of --entity, --url, --licence, --sha256")
    ((kind, value),) = given.items()
    open_folder(out)
    # What is left is published: with another limit than the run's other buckets would be, and shards be lost.
    chosen = profile_or_last(out, profile, set_, finished=True)
    print_difference(chosen, out)
    report = forget_source(chosen, out, kind, value, why, dry_run=dry_run)
    for stone in report.stones:
        _say(f"{'would be forgotten' if dry_run else 'forgotten'}: {stone.kind} {stone.value}")
    if not report.records:
        _say(
            f'no result in {out} names this {kind}: is it spelt as `tracemill query "FROM lineage"` has it?'
            + ("" if dry_run else " What comes later is held to it all the same.")
        )
    else:
        _say(_results(report, dry_run=dry_run))
    for line in _answers(report.answers, "would go" if dry_run else "went"):
        _say(line)


def _say(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _results(report: Forgotten, *, dry_run: bool) -> str:
    from workers.endpoint.budget import in_money

    counts = ", ".join(f"{stage} {count}" for stage, count in sorted(report.results.items()) if count)
    cost = f", which have cost money {in_money(report.micros / 1e6)}" if report.micros else ""
    what = f"{report.results.total()} results of {len(report.records)} records"
    if dry_run:
        return f"would go: {what} ({counts or 'none'}){cost}, and pictures that nothing else names."
    return (
        f"{what} went ({counts or 'none'}){cost}, {report.blobs} pictures, {len(report.buckets)} buckets "
        "were written anew. The next run computes those records from what is left. Exports made earlier are "
        "not touched: make them anew."
    )


def _answers(answers: Answers, go: str) -> list[str]:
    """What goes of the journal of calls and of the answers of the web; nothing where there are none."""
    lines = []
    if answers.calls:
        lines.append(f"{answers.calls} calls of endpoints {go}; what they have cost stays in the account.")
    if answers.pages or answers.pictures:
        lines.append(f"{answers.pages} pages and {answers.pictures} pictures {go} of what the web answered.")
    if answers.resting:
        lines.append(
            f"{answers.resting} calls name it and stay, because other results rest on them: a search that "
            "found it beside what these took."
        )
    if answers.untold:
        lines.append(
            f"{answers.untold} calls are of no result on record (an earlier version made them, or a run that "
            "was killed): they do not name it, but may have been asked with its text."
        )
    return lines
