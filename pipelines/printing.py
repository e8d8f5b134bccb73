"""Tables for the terminal."""

from __future__ import annotations

import pyarrow as pa
from rich.table import Table
from rich.text import Text

from catalogs.funnel import Funnel
from pipelines.account import Account
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
    """Stages with something to do or to know of, by domain; a domain without any is one line.

    Money has a column where any of the work costs some.
    """
    table = Table(title="status", title_justify="left")
    paid = bool(status.cost.micros)
    counted = ("done", "rejected", "failed", "resting", "stale", "new", "follows")
    for name in ("domain", "stage"):
        table.add_column(name)
    for name in (*counted, "calls", "tokens", *(["money"] if paid else []), "seconds"):
        table.add_column(name, justify="right")
    table.add_column("because")
    for domain in dict.fromkeys(one.domain for one in status.stages):
        members = [one for one in status.stages if one.domain == domain]
        told = [one for one in members if one.due or one.follows or one.resting]
        if not told:
            done = f"{max(one.kept + one.rejected for one in members)} records"
            table.add_row(domain, "nothing to do", done)
        for one in told:
            counts = (one.kept, one.rejected, one.failed, one.resting, one.stale, one.new, one.follows)
            reasons = ", ".join(f"{reason} ({count})" for reason, count in one.because.most_common(3))
            table.add_row(
                domain,
                one.stage,
                *(str(count or "") for count in counts),
                *_cost_cells(one.cost, paid=paid),
                Text(reasons),
            )
    return table


def status_total(status: Status) -> str:
    """What a run would do, in one line."""
    spent = f"the results that are current have cost {_cost_words(status.spent)}"
    if status.idle:
        return f"nothing to do: a run would compute nothing and rewrite no file; {spent}"
    due, follows = sum(one.due for one in status.stages), sum(one.follows for one in status.stages)
    unknown = f"; not known for {', '.join(status.unpriced)}, which never ran here" if status.unpriced else ""
    return (
        f"a run would compute {due} results, and at most {follows} that follow from them; expected cost "
        f"{_cost_words(status.cost)}{unknown}; {spent}"
    )


def account_total(account: Account, expected: Cost | None = None) -> str:
    """What was spent on endpoints, what is allowed, and whether that is enough; empty where nothing of this
    is the case."""
    total, budget = account.total, account.budget
    if not total.calls and not budget.tokens and not budget.money:
        return ""
    refused = f" ({total.refused:,} of them refused)" if total.refused else ""
    said = [
        f"spent on endpoints so far: {total.calls:,} calls{refused}, {total.tokens_in:,} tokens in, "
        f"{total.tokens_out:,} tokens out, money {total.money:,.2f}"
    ]
    if account.tokens_left is not None:
        said.append(f"of a budget of {budget.tokens:,} tokens {account.tokens_left:,} are left")
    if account.money_left is not None:
        said.append(f"of a budget of {budget.money:,.2f} money {account.money_left:,.2f} is left")
    if account.replay:
        said.append("a replay calls nobody")
    for limit in account.lacks(expected) if expected else ():
        said.append(f"what is expected is more than that: raise budget.{limit}, or the run stops on the way")
    return "; ".join(said)


def _cost_words(cost: Cost) -> str:
    numbers = (cost.calls, cost.tokens_in, cost.tokens_out, cost.seconds)
    calls, tokens_in, tokens_out, seconds = (f"{number:,.0f}" for number in numbers)
    money = f", money {cost.money:,.2f}" if cost.micros else ""
    return f"{calls} calls, {tokens_in} tokens in, {tokens_out} tokens out{money}, {seconds} seconds of work"


def _cost_cells(cost: Cost, *, paid: bool) -> list[str]:
    calls, tokens, seconds = (
        f"{number:,.0f}" if round(number) else ""
        for number in (cost.calls, cost.tokens_in + cost.tokens_out, cost.seconds)
    )
    money = [f"{cost.money:,.2f}" if cost.micros else ""] if paid else []
    return [calls, tokens, *money, seconds]


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
