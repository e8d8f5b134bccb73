"""Tables for the terminal."""

from __future__ import annotations

import pyarrow as pa
from rich.table import Table
from rich.text import Text

from catalogs.funnel import Funnel
from pipelines.costs import Cost
from pipelines.status import Status

_MOST_ROWS = 200
"""Rows of an answer that are printed; whoever wants more opens the catalog with a DuckDB client."""


def funnel_table(funnel: Funnel) -> Table:
    """How many entered each stage and what became of them."""
    table = Table(title="funnel", title_justify="left")
    for name in ("stage", "entered", "kept", "passed", "rejected", "failed"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    table.add_column("reasons")
    for counts in funnel.stages:
        reasons = {**counts.rejected, **counts.failed}
        table.add_row(
            counts.stage,
            str(counts.entered),
            str(counts.kept),
            str(counts.passed or ""),
            str(sum(counts.rejected.values()) or ""),
            str(sum(counts.failed.values()) or ""),
            Text(", ".join(f"{reason} {count}" for reason, count in reasons.items())),
        )
    return table


def status_table(status: Status) -> Table:
    """Stages with something to do or to know of, by domain; a domain without any is one line."""
    table = Table(title="status", title_justify="left")
    for name in ("domain", "stage"):
        table.add_column(name)
    for name in (
        "done",
        "rejected",
        "failed",
        "resting",
        "stale",
        "new",
        "follows",
        "calls",
        "tokens",
        "seconds",
    ):
        table.add_column(name, justify="right")
    table.add_column("because")
    for domain in dict.fromkeys(one.domain for one in status.stages):
        members = [one for one in status.stages if one.domain == domain]
        told = [one for one in members if one.due or one.follows or one.resting]
        if not told:
            done = f"{max(one.kept + one.rejected for one in members)} records"
            table.add_row(domain, "nothing to do", done, *[""] * 10)
        for one in told:
            counts = (one.kept, one.rejected, one.failed, one.resting, one.stale, one.new, one.follows)
            reasons = ", ".join(f"{reason} ({count})" for reason, count in one.because.most_common(3))
            table.add_row(
                domain,
                one.stage,
                *(str(count or "") for count in counts),
                *_cost_cells(one.cost),
                Text(reasons),
            )
    return table


def status_total(status: Status) -> str:
    """What a run would do, in one line."""
    calls, tokens, seconds = (cell or "0" for cell in _cost_cells(status.spent))
    spent = (
        f"the results that are current have cost {calls} calls, {tokens} tokens, {seconds} seconds of work"
    )
    if status.idle:
        return f"nothing to do: a run would compute nothing and rewrite no file; {spent}"
    due, follows = sum(one.due for one in status.stages), sum(one.follows for one in status.stages)
    calls, tokens, seconds = (cell or "0" for cell in _cost_cells(status.cost))
    unknown = f"; not known for {', '.join(status.unpriced)}, which never ran here" if status.unpriced else ""
    return (
        f"a run would compute {due} results, and at most {follows} that follow from them; expected cost "
        f"{calls} calls, {tokens} tokens, {seconds} seconds of work{unknown}; {spent}"
    )


def _cost_cells(cost: Cost) -> tuple[str, str, str]:
    numbers = (cost.calls, cost.tokens_in + cost.tokens_out, cost.seconds)
    return tuple(f"{number:,.0f}" if round(number) else "" for number in numbers)  # type: ignore[return-value]


def answer_table(answer: pa.Table) -> Table:
    """Rows of a query; values are shown as they are, never read as markup."""
    table = Table()
    for name in answer.column_names:
        table.add_column(Text(name))
    for row in answer.slice(0, _MOST_ROWS).to_pylist():
        table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
    if answer.num_rows > _MOST_ROWS:
        table.caption = f"first {_MOST_ROWS} of {answer.num_rows} rows"
    return table
