"""Tables for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from catalogs.funnel import Funnel
from pipelines.account import Account
from pipelines.costs import Cost
from pipelines.status import StageStatus, Status
from workers.endpoint.budget import in_money


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


def status_table(status: Status, *, every: bool = False) -> Group:
    """Stages with something to do or to know of, by domain; a domain without any is one line.

    Stages that only follow from others are one line a domain, unless `every` is asked for. Columns in which
    nothing stands are left out. Below it stands why results are stale.
    """
    paid = bool(status.cost.micros)
    counted = ("done", "rejected", "failed", "resting", "stale", "new", "follows")
    names = (*counted, "calls", "tokens", *(["money"] if paid else []), "seconds")
    rows: list[tuple[str, ...]] = []
    for domain in dict.fromkeys(one.domain for one in status.stages):
        members = [one for one in status.stages if one.domain == domain]
        told = [one for one in members if one.due or one.resting or (every and one.follows)]
        follow = [one for one in members if one.follows and one not in told]
        if not told and not follow:
            rows.append((domain, "nothing to do", str(max(one.kept + one.rejected for one in members))))
        rows += [(domain, one.stage, *_status_cells(one, paid=paid)) for one in told]
        if follow:
            cost = sum((one.cost for one in follow), Cost())
            all_of_them = StageStatus(domain, "", 0, follows=sum(one.follows for one in follow), cost=cost)
            stages = f"{len(follow)} stage{'s' if len(follow) > 1 else ''} after"
            rows.append((domain, stages, *_status_cells(all_of_them, paid=paid)))
    table = Table(title="status", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("domain", "stage"):
        table.add_column(name, no_wrap=True)
    held = [n for n in range(len(names)) if any("".join(row[n + 2 : n + 3]) for row in rows)]
    for number in held:
        table.add_column(names[number], justify="right", no_wrap=True)
    for domain, stage, *cells in rows:
        table.add_row(domain, stage, *(cells[n] if n < len(cells) else "" for n in held))
    return Group(table, *_reasons(status))


def _reasons(status: Status) -> Iterator[Text]:
    """Why results are stale, by stage, over all domains."""
    because: dict[str, Counter[str]] = {}
    for one in status.stages:
        because.setdefault(one.stage, Counter()).update(one.because)
    for stage, reasons in because.items():
        for reason, count in reasons.most_common(3):
            yield Text(f"stale: {stage}, {count} because of {reason}")


def _status_cells(one: StageStatus, *, paid: bool) -> list[str]:
    counts = (one.kept, one.rejected, one.failed, one.resting, one.stale, one.new, one.follows)
    return [*(str(count or "") for count in counts), *_cost_cells(one.cost, paid=paid)]


def status_total(status: Status) -> str:
    """What a run would do, in one line."""
    spent = f"the results that are current have cost {_cost_words(status.spent)}"
    if status.idle:
        return f"nothing to do: a run would compute nothing and rewrite no file; {spent}"
    due, follows = sum(one.due for one in status.stages), sum(one.follows for one in status.stages)
    unknown = f"; not known for {_some(status.unpriced)}, which never ran here" if status.unpriced else ""
    return (
        f"a run would compute {due} results, and at most {follows} that follow from them; expected cost "
        f"{_cost_words(status.cost)}{unknown}; {spent}"
    )


def _some(names: Sequence[str], most: int = 4) -> str:
    """Names, as many as a line takes in."""
    more = len(names) - most
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:most])} and {more} more stages"


def account_total(account: Account, expected: Cost | None = None) -> str:
    """What was spent on endpoints, what is allowed, and whether that is enough; empty where nothing of this
    is the case."""
    total, budget = account.total, account.budget
    if not total.calls and not budget.tokens and not budget.money:
        return ""
    refused = f" ({total.refused:,} of them refused)" if total.refused else ""
    lost = f" and {total.lost:,} replies of no use" if total.lost else ""
    said = [
        f"spent on endpoints so far: {total.calls:,} calls{refused}{lost}, {total.tokens_in:,} tokens in, "
        f"{total.tokens_out:,} tokens out, money {in_money(total.money)}"
    ]
    if account.tokens_left is not None:
        said.append(f"of a budget of {budget.tokens:,} tokens {account.tokens_left:,} are left")
    if account.money_left is not None:
        said.append(f"of a budget of {in_money(budget.money)} money {in_money(account.money_left)} is left")
    if account.replay:
        said.append("a replay calls nobody")
    for limit in account.lacks(expected) if expected else ():
        said.append(f"what is expected is more than that: raise budget.{limit}, or the run stops on the way")
    return "; ".join(said)


def _cost_words(cost: Cost) -> str:
    numbers = (cost.calls, cost.tokens_in, cost.tokens_out, cost.seconds)
    calls, tokens_in, tokens_out, seconds = (f"{number:,.0f}" for number in numbers)
    money = f", money {in_money(cost.money)}" if cost.micros else ""
    return f"{calls} calls, {tokens_in} tokens in, {tokens_out} tokens out{money}, {seconds} seconds of work"


def _cost_cells(cost: Cost, *, paid: bool) -> list[str]:
    calls, tokens, seconds = (
        f"{number:,.0f}" if round(number) else ""
        for number in (cost.calls, cost.tokens_in + cost.tokens_out, cost.seconds)
    )
    money = [in_money(cost.money) if cost.micros else ""] if paid else []
    return [calls, tokens, *money, seconds]
