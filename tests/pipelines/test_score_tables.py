"""Scores as a terminal of 80 columns shows them: every figure whole."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.table import Table

from pipelines.scoring.engine import ScoreReport
from pipelines.scoring.tables import published_tables, score_table
from verifiers.scorers.bootstrap import Interval
from verifiers.scorers.published_numbers import tables_of
from verifiers.scorers.tally import Line

MEASURES = ("clarity", "content_quality", "aesthetics", "text_relevance_ip", "overall")


def printed(table: Table, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def report(missing: int = 0) -> ScoreReport:
    (published,) = tables_of("factip")
    means = {measure: Interval(value=95.57, low=94.86, high=96.21) for measure in MEASURES}
    names = [("category", name) for name in published.columns if name != "overall"] + [
        (published.average, "all")
    ]
    return ScoreReport(
        benchmark="factip",
        model="drawn",
        judges={},
        instruction="",
        embedded=True,
        drawn=0,
        lines=[
            Line(
                name=name, kind=kind, asked=500, scored=500 - missing, missing=missing, failed=0, scores=means
            )
            for kind, name in names
        ],
        notes=[],
        published=[published],
    )


def test_all_twelve_categories_with_their_intervals_fit() -> None:
    said = printed(score_table(report()))
    assert said.count("94.86-96.21") == 13
    assert said.count("95.57") == 13 * len(MEASURES)
    assert "…" not in said
    assert "missing" not in said


@pytest.mark.parametrize("width", [80, 120])
def test_what_is_missing_has_a_column(width: int) -> None:
    said = printed(score_table(report(missing=7)), width)
    assert said.count(" 493 ") == 13
    assert said.count("95.57") == 13 * len(MEASURES)


def test_published_rows_stand_under_the_result() -> None:
    shown = report()
    said = "".join(map(printed, published_tables(shown, shown.published[0])))
    assert said.count("this result*") == 2
    assert said.count("95.57") == len(shown.published[0].columns)
    assert "…" not in said
