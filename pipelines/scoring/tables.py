"""Scores in the terminal: the table, what has no score and why, and published numbers beside the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich import box
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
MOST_COLUMNS = 9
"""Figures beside a model's name that fit a terminal of 80 columns."""
MOST_KEYS = 5
"""Keys that are named for one reason; all of them are in items.jsonl."""


def score_table(report: ScoreReport) -> Table:
    """A line a category, group and average, with the interval of the last measure.

    Those of the other measures are in the report on disk: the table has to fit a terminal of 80 columns.
    """
    measures = list(dict.fromkeys(measure for line in report.lines for measure in line.scores))
    is_whole = all(line.asked == line.scored for line in report.lines)
    counted = ("asked",) if is_whole else ("asked", "scored", "missing", "failed")
    table = _table(f"{report.benchmark}: {report.model}{DRAWN.get(report.drawn_from, '')}")
    table.caption = "all that was asked is scored" if is_whole else "asked = scored + missing + failed"
    table.add_column("", min_width=_LEAST_NAME)
    for name in (*counted, *measures):
        _add_figures(table, name.replace("_", " "))
    _add_figures(table, f"{round(report.level * 100)} % bootstrap", width=len("95.55-96.01"))
    kind = ""
    for line in report.lines:
        if kind and line.kind != kind:
            table.add_section()
        kind = line.kind
        counts = (str(getattr(line, name) or "") for name in counted)
        scores = [line.scores.get(measure) for measure in measures]
        interval = _interval(scores[-1]) if scores else ""
        table.add_row(Text(line.name), *counts, *(_value(found) for found in scores), interval)
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


def published_tables(report: ScoreReport, published: PublishedTable) -> list[Table]:
    """The published rows under this result, in the units of the publication; in two tables where one would be
    wider than a terminal.

    Categories that were not asked for have no column.
    """
    ours = {name: _ours(report.lines, name, published.average) for name in published.columns}
    held = [name for name, value in ours.items() if value is not None]
    shown = list(ours) if held in ([], ["overall"]) else held
    parts = [shown[start : start + MOST_COLUMNS] for start in range(0, len(shown), MOST_COLUMNS)]
    return [_published(report, published, ours, part) for part in parts]


def _published(
    report: ScoreReport, published: PublishedTable, ours: Mapping[str, float | None], shown: Sequence[str]
) -> Table:
    is_apart = report.embedded or report.drawn
    table = _table(f"published: {published.source}")
    table.caption = "* not comparable, see the notes" if is_apart else None
    table.add_column("model", no_wrap=True, min_width=max(len(str(model)) for model, *_ in published.rows))
    for name in shown:
        _add_figures(table, name)
    scaled = ["" if (value := ours[name]) is None else _figure(value * published.scale) for name in shown]
    table.add_row(Text(f"this result{'*' if is_apart else ''}", style="bold"), *scaled)
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


_LEAST_NAME = 10
_FIGURE = len("95.57")
_HEADING = len("overall")


def _table(title: str) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.title_justify = table.caption_justify = "left"
    return table


def _add_figures(table: Table, name: str, width: int = _FIGURE) -> None:
    """A column whose heading may be broken anywhere, and whose figures never are."""
    widest = max(width, _HEADING)
    table.add_column(Text(name, overflow="fold"), justify="right", min_width=width, max_width=widest)


def _figure(value: float) -> str:
    return f"{value:.4g}"


def _value(found: Interval | None) -> str:
    return "" if found is None else _figure(found.value)


def _interval(found: Interval | None) -> str:
    if found is None or found.low is None or found.high is None:
        return ""
    return f"{_figure(found.low)}-{_figure(found.high)}"
