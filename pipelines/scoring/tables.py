"""Scores in the terminal: the table, what has no score and why, and published numbers beside the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from pipelines.scoring.engine import GROUND_TRUTH, OWN_REFERENCES, ScoreReport
from verifiers.scorers.bootstrap import Interval
from verifiers.scorers.published_numbers import PublishedTable
from verifiers.scorers.tally import SCORED, ItemScore, Line

DRAWN = {
    GROUND_TRUTH: ", AN UPPER BOUND: drawn here from the ground truth itself",
    OWN_REFERENCES: ", drawn here from the agent's own recaptions and references",
}
"""What the title of a table says of pictures that were not given."""
MOST_KEYS = 5
"""Keys that are named for one reason; all of them are in items.jsonl."""


def score_table(report: ScoreReport) -> Table:
    """A line a category, group and average; intervals beside the means."""
    measures = list(dict.fromkeys(measure for line in report.lines for measure in line.scores))
    percent = round(report.level * 100)
    table = Table(
        title=f"{report.benchmark}: {report.model}{DRAWN.get(report.drawn_from, '')}",
        title_justify="left",
        caption=f"means with {percent} % bootstrap intervals; asked = scored + missing + failed",
    )
    table.add_column("")
    for name in ("asked", "scored", "missing", "failed", *measures):
        table.add_column(name, justify="right")
    kind = ""
    for line in report.lines:
        if kind and line.kind != kind:
            table.add_section()
        kind = line.kind
        counts = (str(line.asked), str(line.scored), str(line.missing or ""), str(line.failed or ""))
        table.add_row(Text(line.name), *counts, *(_shown(line.scores.get(m)) for m in measures))
    return table


def unscored_table(items: Sequence[ItemScore]) -> Table | None:
    """What has no score, by reason; None where everything has."""
    bad = [item for item in items if item.outcome != SCORED]
    if not bad:
        return None
    table = Table(title="without a score", title_justify="left")
    for name in ("outcome", "reason", "items", "for instance"):
        table.add_column(name, justify="right" if name == "items" else "left")
    counts = Counter((item.outcome, item.reason) for item in bad)
    for (outcome, reason), count in sorted(counts.items()):
        keys = [item.key for item in bad if (item.outcome, item.reason) == (outcome, reason)]
        table.add_row(outcome, Text(reason), str(count), Text(", ".join(keys[:MOST_KEYS])))
    return table


def published_table(report: ScoreReport, published: PublishedTable) -> Table:
    """The published rows under this result, in the units of the publication.

    Categories that were not asked for have no column, so that a table of twelve fits a terminal.
    """
    ours = {name: _ours(report.lines, name, published.average) for name in published.columns}
    held = [name for name, value in ours.items() if value is not None]
    shown = list(ours) if held in ([], ["overall"]) else held
    table = Table(title=f"published: {published.source}", title_justify="left")
    table.add_column("model")
    for name in shown:
        table.add_column(name, justify="right")
    mark = " (not comparable)" if report.embedded or report.drawn else ""
    scaled = ["" if (value := ours[name]) is None else f"{value * published.scale:g}" for name in shown]
    table.add_row(Text(f"this result{mark}", style="bold"), *scaled)
    for model, *values in published.rows:
        row = dict(zip(published.columns, values, strict=True))
        table.add_row(Text(str(model)), *(str(row[name]) for name in shown))
    return table


def _ours(lines: Sequence[Line], column: str, average: str) -> float | None:
    """Our score for a published column: a category's line, or the source's kind of average of a measure."""
    for line in lines:
        if line.kind == "category" and line.name == column and line.scores:
            return list(line.scores.values())[-1].value
    for line in lines:
        if line.kind == average and line.scores:
            found = list(line.scores.values())[-1] if column == "overall" else line.scores.get(column)
            return None if found is None else found.value
    return None


def _shown(found: Interval | None) -> str:
    if found is None:
        return ""
    if found.low is None or found.high is None:
        return f"{found.value:g}"
    return f"{found.value:g} [{found.low:g}, {found.high:g}]"
