"""The report says what became of every record, on a page that needs nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec

from catalogs.funnel import Funnel, StageCounts
from catalogs.manifest import manifest_of
from catalogs.review.report import bars, report_of, write_report

HOSTILE = "<script>alert(1)</script>"


def counts(
    stage: str, position: int, grain: str, domain: str = "", entered: int = 10, **more: object
) -> StageCounts:
    return StageCounts(
        stage=stage, position=position, grain=grain, domain=domain, entered=entered, kept=entered - 4, **more
    )


FUNNEL = Funnel(
    stages=[
        counts("harvest", 0, "entity", rejected={HOSTILE: 3}, failed={"OSError": 1}),
        counts("verify", 1, "prompt", entered=20, rejected={"margin": 4}, calls=1234567, seconds=2.25),
    ],
    by_domain=[counts("harvest", 0, "entity", "food"), counts("verify", 1, "prompt", "food", entered=20)],
)


def page(tmp_path: Path, funnel: Funnel = FUNNEL) -> str:
    write_report(tmp_path, report_of(funnel, manifest_of([], "1.0"), {"source": HOSTILE}))
    return (tmp_path / "report.html").read_text()


def test_it_loads_nothing_and_escapes_everything(tmp_path: Path) -> None:
    html = page(tmp_path)
    assert not re.findall(r"<script|<img|<link|src=|href=|url\(|@import", html)
    assert html.count("&lt;script&gt;") >= 2


def test_it_counts_and_names_the_reasons(tmp_path: Path) -> None:
    html = page(tmp_path)
    assert "1\u202f234\u202f567" in html
    assert "margin <b>4</b>" in html
    assert "OSError <b>1</b>" in html


def test_all_twelve_categories_are_there_and_the_empty_ones_say_so(tmp_path: Path) -> None:
    html = page(tmp_path)
    assert html.count("(empty)") == 11
    report = json.loads((tmp_path / "report.json").read_text())
    assert [category["slug"] for category in report["categories"] if not category["empty"]] == ["food"]
    assert len(report["categories"]) == 12


def test_what_is_reserved_for_benchmarks_does_not_count_against_the_yield(tmp_path: Path) -> None:
    food = [
        StageCounts(stage="harvest", position=0, grain="entity", domain="food", entered=5, kept=5),
        StageCounts(
            stage="reserve",
            position=1,
            grain="prompt",
            domain="food",
            entered=10,
            kept=8,
            rejected={"reserved": 2},
        ),
    ]
    report = report_of(Funnel(stages=[], by_domain=food), manifest_of([], "1.0"), {})
    (category,) = [one for one in report.categories if one.slug == "food"]
    assert (category.prompts, category.reserved) == (10, 2)
    assert msgspec.structs.replace(category, trajectories=6).proven == "75.0 %"


def test_bars_are_in_percent_of_the_widest_stage_of_their_grain() -> None:
    harvest, verify = bars(FUNNEL.stages)
    assert [(part["kind"], part["percent"]) for part in harvest["segments"]] == [
        ("kept", 60.0),
        ("rejected", 30.0),
        ("failed", 10.0),
    ]
    assert sum(part["percent"] for part in verify["segments"]) == 100.0


def test_an_unchanged_report_is_not_rewritten(tmp_path: Path) -> None:
    report = report_of(FUNNEL, manifest_of([], "1.0"), {})
    assert write_report(tmp_path, report)
    assert not write_report(tmp_path, report)


def test_nothing_is_a_report_too(tmp_path: Path) -> None:
    assert "Nothing has entered yet" in page(tmp_path, Funnel(stages=[], by_domain=[]))
