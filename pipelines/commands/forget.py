"""``tracemill forget``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.options import Assignments, LastProfileName, Out, console, profile_or_last


def forget(
    entity: Annotated[str | None, typer.Option(help="Title or id of an entity.")] = None,
    url: Annotated[str | None, typer.Option(help="Address of a page or picture.")] = None,
    licence: Annotated[str | None, typer.Option(help="Everything under this licence.")] = None,
    sha256: Annotated[str | None, typer.Option(help="Content of a picture.")] = None,
    why: Annotated[str, typer.Option(help="Kept with the tombstone.")] = "",
    profile: LastProfileName = None,
    out: Out = Path("out"),
    set_: Assignments = None,
) -> None:
    """Take a source down, with everything derived from it; it never returns."""
    from pipelines.upkeep.of_profile import forget_source

    asked = {"entity": entity, "url": url, "licence": licence, "sha256": sha256}
    given = {kind: value for kind, value in asked.items() if value}
    if len(given) != 1:
        raise typer.BadParameter("give one of --entity, --url, --licence, --sha256")
    ((kind, value),) = given.items()
    # What is left is published: with another limit than the run's other buckets would be, and shards be lost.
    report = forget_source(profile_or_last(out, profile, set_), out, kind, value, why)
    for stone in report.stones:
        console.print(f"forgotten: {stone.kind} {stone.value}", markup=False, highlight=False, soft_wrap=True)
    results = ", ".join(f"{stage} {count}" for stage, count in sorted(report.results.items()) if count)
    if not report.records:
        console.print(
            f"nothing in {out} names this {kind}: is it spelt as `tracemill query \"FROM lineage\"` has it? "
            "What comes later is held to it all the same.",
            markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip
        return
    console.print(
        f"{report.results.total()} results of {len(report.records)} records went ({results or 'none'}), "
        f"{report.blobs} pictures, {len(report.buckets)} buckets were written anew. The next run computes "
        "those records from what is left. Exports made earlier are not touched: make them anew.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
