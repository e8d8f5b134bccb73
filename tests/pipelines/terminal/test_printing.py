"""Tables for the terminal fit one, and say first what has to be done."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from rich.console import Console

from pipelines.costs import Cost
from pipelines.status import StageStatus, Status
from pipelines.terminal.printing import status_table, status_total

STAGES = [
    StageStatus("food", "gap", 3, kept=2, stale=102, because=Counter({"version 1, now 2": 102})),
    StageStatus("food", "search-text", 4, kept=100, follows=102, cost=Cost(calls=204, seconds=3)),
    StageStatus("food", "search-images", 5, kept=100, follows=102, cost=Cost(calls=600, seconds=9)),
    StageStatus("cultural-relic-art", "gap", 3, kept=14),
]


def lines(*, every: bool) -> list[str]:
    console = Console(width=80, file=io.StringIO())
    console.print(status_table(Status(STAGES, [], Cost()), every=every))
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined,no-any-return]


def test_stages_that_only_follow_are_one_line_with_their_cost() -> None:
    said = "\n".join(lines(every=False))
    assert "search-text" not in said
    (followed,) = [line for line in lines(every=False) if "2 stages after" in line]
    assert [word for word in followed.split() if word.isdigit()] == ["2", "204", "804", "12"]
    assert "stale: gap, 102 because of version 1, now 2" in said


def test_stages_that_nothing_is_known_of_are_not_all_listed() -> None:
    unpriced = [f"stage-{number}" for number in range(30)]
    said = status_total(Status(STAGES, unpriced, Cost()))
    assert "not known for stage-0, stage-1, stage-2, stage-3 and 26 more stages, which never ran here" in said
    assert "not known for gap, draw, which" in status_total(Status(STAGES, ["gap", "draw"], Cost()))


def test_every_stage_is_told_on_demand() -> None:
    assert sum("search-" in line for line in lines(every=True)) == 2


@pytest.mark.parametrize("every", [False, True])
def test_names_of_stages_are_whole_at_80_columns_and_empty_columns_are_left_out(every: bool) -> None:
    said = lines(every=every)
    assert not any("\N{HORIZONTAL ELLIPSIS}" in line for line in said)
    assert max(map(len, said)) <= 80
    assert not any(name in "".join(said) for name in ("failed", "resting", "tokens"))


def test_a_domain_with_nothing_to_do_says_so() -> None:
    assert any(
        "cultural-relic-art" in line and "nothing to do" in line and "14" in line
        for line in lines(every=False)
    )
