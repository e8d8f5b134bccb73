"""What a harvest would take and leave: counted by category, popularity, country and language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from catalogs.categories import UNCATEGORISED
from catalogs.files import storing
from catalogs.tombstones import read_tombstones
from pipelines.folder import open_folder
from pipelines.harvesting.sampling import UNKNOWN, Chosen
from pipelines.profile import Profile
from pipelines.run import sampled
from sources.forgotten import listed_without
from sources.registry import open_encyclopedia

_MOST_ROWS = 30
"""Countries and languages that are printed, those with most entities; all of them are in the JSON."""

FORGOTTEN = "forgotten"


class Count(msgspec.Struct):
    """Entities that were surveyed, and those among them that are taken."""

    surveyed: int = 0
    taken: int = 0

    def add(self, *, taken: bool) -> None:
        self.surveyed += 1
        self.taken += taken

    def __str__(self) -> str:
        return f"{self.taken:,} of {self.surveyed:,}" if self.surveyed else ""


class HarvestPlan(msgspec.Struct):
    """The plan, as it is printed with ``--json``."""

    bands: list[str]
    """From the least known, then ``unknown``."""
    total: Count
    by_category: dict[str, dict[str, Count]]
    """Category -> band -> entities."""
    by_country: dict[str, dict[str, Count]]
    """Country -> category -> entities."""
    by_language: dict[str, dict[str, Count]]
    """Language that entities count under -> category -> entities."""
    left_out: dict[str, dict[str, int]]
    """Reason -> category -> entities. Reasons are the quotas that are full, and ``forgotten``."""
    passed_over: dict[str, int]
    """What the source holds beside its survey, by reason."""


def plan_harvest(profile: Profile, out: Path, domains: Iterable[str] = ()) -> HarvestPlan:
    """Survey the source as a run does, and neither harvest nor index anything. The survey, and what a dump is
    taken apart into for it, are kept under `out`, where the run finds them."""
    folder = open_folder(out.resolve(), create=True)
    with storing(folder.root):
        stones = read_tombstones(folder.root)
        encyclopedia = open_encyclopedia(
            profile.source, seed=profile.seed, index_root=folder.index, fetching=profile.fetching
        )
        forgotten = stones.entities
        wanted = set(domains)
        chosen = (
            one._replace(left_out=FORGOTTEN) if one.ref.entity_id in forgotten and not one.left_out else one
            for one in sampled(folder, listed_without(encyclopedia, stones), profile)
            if not wanted or one.ref.domain in wanted
        )
        passed_over = getattr(encyclopedia, "passed_over", {})
        return counted(chosen, [*profile.sampling.bands, UNKNOWN], passed_over)


def counted(chosen: Iterable[Chosen], bands: list[str], passed_over: Mapping[str, int]) -> HarvestPlan:
    plan = HarvestPlan(bands, Count(), {}, {}, {}, {}, dict(passed_over))
    for one in chosen:
        taken, domain = not one.left_out, one.ref.domain
        plan.total.add(taken=taken)
        for table, row, column in (
            (plan.by_category, domain, one.band),
            (plan.by_country, one.country, domain),
            (plan.by_language, one.language, domain),
        ):
            table.setdefault(row, {}).setdefault(column, Count()).add(taken=taken)
        if not taken:
            reasons = plan.left_out.setdefault(one.left_out, {})
            reasons[domain] = reasons.get(domain, 0) + 1
    return plan


def rendered(plan: HarvestPlan) -> RenderableType:
    """For the terminal."""
    parts: list[RenderableType] = [
        _table("harvest by category and popularity", "category", plan.by_category, plan.bands),
        _table("by country", "country", plan.by_country, (), most=_MOST_ROWS),
        _table("by language", "language", plan.by_language, (), most=_MOST_ROWS),
    ]
    left = [f"{_WORDS.get(why, why)} {sum(counts.values()):,}" for why, counts in plan.left_out.items()]
    parts.append(
        Text(f"taken {plan.total.taken:,} of {plan.total.surveyed:,}; left out: {', '.join(left) or 'none'}")
    )
    if UNCATEGORISED in plan.by_category:
        parts.append(
            Text(f"{UNCATEGORISED}: the harvest rejects them (no-category, or what the source says of them)")
        )
    if plan.passed_over:
        told = ", ".join(f"{reason} {count:,}" for reason, count in sorted(plan.passed_over.items()))
        parts.append(Text(f"in the source, and not surveyed: {told}"))
    return Group(*parts)


_WORDS = {
    "category": "limit of the category",
    "band": "quota of the band",
    "country": "quota of the country",
    "language": "quota of the language",
}


def _table(
    title: str, head: str, rows: Mapping[str, Mapping[str, Count]], columns: Iterable[str], most: int = 0
) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(head)
    columns = [column for column in columns if any(column in row for row in rows.values())]
    for column in (*columns, "all"):
        table.add_column(column, justify="right")
    totals = {name: _sum(row.values()) for name, row in rows.items()}
    order = sorted(totals, key=lambda name: (-totals[name].surveyed, name)) if most else sorted(totals)
    for name in order[: most or None]:
        cells = [str(rows[name].get(column, "")) for column in columns]
        table.add_row(Text(name), *cells, str(totals[name]))
    if most and len(order) > most:
        table.caption = f"{most} of {len(order)}; all with --json"
    return table


def _sum(counts: Iterable[Count]) -> Count:
    total = Counter[str]()
    for one in counts:
        total.update(surveyed=one.surveyed, taken=one.taken)
    return Count(total["surveyed"], total["taken"])
