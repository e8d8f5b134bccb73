"""The report of a run: ``report.html`` for people, self-contained, and ``report.json`` for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from catalogs.categories import FACTIP, UNCATEGORISED
from catalogs.digests import encode
from catalogs.files import write_if_changed
from catalogs.funnel import Funnel, StageCounts
from catalogs.manifest import Manifest
from catalogs.records import Record
from catalogs.review.pages import render

HTML, JSON = "report.html", "report.json"

_RESERVE = "reserve"
"""The stage that keeps prompts out of training."""


class CategoryCounts(Record, frozen=True, kw_only=True):
    """One category on its way through the funnel."""

    slug: str
    name: str
    group: str
    """``Character``, ``Object`` or ``Scene``; empty for what fits no category."""
    entities: int
    """Surveyed."""
    prompts: int
    reserved: int = 0
    """Prompts kept out of training for the benchmark splits."""
    trajectories: int
    """In the shards."""
    empty: bool
    """The source has no entity for it."""

    @property
    def proven(self) -> str:
        """Share of the prompts for training that is in the shards, in percent; empty where there are none."""
        wanted = self.prompts - self.reserved
        return f"{100 * self.trajectories / wanted:.1f} %" if wanted else ""


class Report(Record, frozen=True, kw_only=True):
    """Everything on the page."""

    facts: dict[str, str]
    """What the run was: source, profile, seed, ...; shown as given."""
    trajectories: int
    shards: int
    funnel: Funnel
    categories: list[CategoryCounts]
    """The twelve, in the published order, then the uncategorised where there are any."""


def report_of(funnel: Funnel, manifest: Manifest, facts: Mapping[str, str]) -> Report:
    """Bring the counts together. A time among `facts` makes every run write the report anew."""
    return Report(
        facts=dict(facts),
        trajectories=manifest.trajectories,
        shards=len(manifest.shardlist),
        funnel=funnel,
        categories=_categories(funnel, manifest),
    )


def write_report(out: Path, report: Report) -> bool:
    """Write both files where they changed; True when either was written."""
    document = msgspec.json.format(encode(report), indent=2) + b"\n"
    page = render(
        "report.html.j2",
        report=report,
        bars=bars(report.funnel.stages),
        stages=report.funnel.stages,
        tiles=_tiles(report),
        empty=[category.name for category in report.categories if category.empty],
    )
    written = [write_if_changed(out / name, data) for name, data in ((JSON, document), (HTML, page))]
    return any(written)


def amend_report(out: Path, facts: Mapping[str, str]) -> None:
    """Tell something else of the same run; nothing where there is no report of this format yet."""
    try:
        report = msgspec.json.decode((out / JSON).read_bytes(), type=Report)
    except (FileNotFoundError, msgspec.MsgspecError):
        return
    write_report(out, msgspec.structs.replace(report, facts={**report.facts, **facts}))


def bars(stages: Sequence[StageCounts]) -> list[dict[str, Any]]:
    """A stacked bar a stage: kept, passed, each reason, each error, in percent of the widest of its grain."""
    widest: dict[str, int] = {}
    for stage in stages:
        widest[stage.grain] = max(widest.get(stage.grain, 1), stage.entered)
    made = []
    for stage in stages:
        parts = [("kept", "kept", stage.kept), ("passed", "not needed", stage.passed)]
        parts += [("rejected", reason, count) for reason, count in stage.rejected.items()]
        parts += [("failed", error, count) for error, count in stage.failed.items()]
        segments = [
            {
                "kind": kind,
                "label": label,
                "count": count,
                "percent": round(100 * count / widest[stage.grain], 3),
            }
            for kind, label, count in parts
            if count
        ]
        made.append(
            {"stage": stage.stage, "grain": stage.grain, "entered": stage.entered, "segments": segments}
        )
    return made


def _categories(funnel: Funnel, manifest: Manifest) -> list[CategoryCounts]:
    entered: dict[str, dict[str, int]] = {"entity": {}, "prompt": {}}
    reserved: dict[str, int] = {}
    for counts in funnel.by_domain:
        entered[counts.grain].setdefault(counts.domain, counts.entered)
        if counts.stage == _RESERVE:
            reserved[counts.domain] = sum(counts.rejected.values())
    names = {slug: (name, group) for slug, (name, group, _) in FACTIP.items()}
    names |= {UNCATEGORISED: ("Uncategorised", "")} if UNCATEGORISED in entered["entity"] else {}
    return [
        CategoryCounts(
            slug=slug,
            name=name,
            group=group,
            entities=entered["entity"].get(slug, 0),
            prompts=entered["prompt"].get(slug, 0),
            reserved=reserved.get(slug, 0),
            trajectories=manifest.domains.get(slug, 0),
            empty=slug not in entered["entity"],
        )
        for slug, (name, group) in names.items()
    ]


def _tiles(report: Report) -> list[tuple[str, int]]:
    """The headline numbers; failures among them, because somebody has to look at those."""
    return [
        ("entities surveyed", sum(category.entities for category in report.categories)),
        ("prompts", sum(category.prompts for category in report.categories)),
        ("reserved for benchmarks", sum(category.reserved for category in report.categories)),
        ("proven trajectories", report.trajectories),
        ("shards", report.shards),
        ("failed", sum(sum(stage.failed.values()) for stage in report.funnel.stages)),
    ]
