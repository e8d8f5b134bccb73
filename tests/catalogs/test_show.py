"""One trajectory reads well in 80 columns, and evidence cannot paint the terminal."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from rich.console import Console

from catalogs.show import render

MakeCells = Callable[..., dict[str, Any]]


def printed(key: str, cells: dict[str, Any], outcome: str = "") -> str:
    console = Console(width=80, file=io.StringIO(), force_terminal=False)
    console.print(render(key, cells, outcome))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_everything_is_told_within_80_columns(make_cells: MakeCells) -> None:
    text = printed("k-en-0", make_cells("Apple", attempts=2), "proven")
    for words in (
        "A Apple at noon",
        "k-en-0  food, en",
        "proven",
        "watermark",
        "Attempt 1: rejected (margin)",
    ):
        assert words in text
    for words in ("Attempt 2: passed", "Critique: redder", "0.82", "Pear 0.5", "count 1", "CC-BY-SA-4.0  Ed"):
        assert words in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_markup_and_control_characters_are_text(make_cells: MakeCells) -> None:
    text = printed("k", make_cells("Apple", text="[red]\x1b[31m</observation>"))
    assert "[red]" in text
    assert "\x1b" not in text
    assert "</observation>" in text


def test_a_record_that_ended_early_is_shown_as_far_as_it_came(make_cells: MakeCells) -> None:
    text = printed("k", {"prompt": make_cells("Apple")["prompt"]}, "rejected by gap")
    assert "rejected by gap" in text
    assert "Evidence" not in text
