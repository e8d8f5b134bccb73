"""A trajectory in the terminal."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import msgspec
from rich.console import Console

from catalogs.review.exhibits import Exhibit
from catalogs.review.show import render

MakeCells = Callable[..., dict[str, Any]]


def printed(exhibit: Exhibit) -> str:
    console = Console(width=80, file=io.StringIO(), force_terminal=False)
    console.print(render(exhibit))
    return console.file.getvalue()  # type: ignore[attr-defined]


def with_reply(cells: dict[str, Any], reply: str, **fields: Any) -> dict[str, Any]:
    [turn] = cells["text_trace"].turns
    turn = msgspec.structs.replace(turn, response_text=reply, **fields)
    return {**cells, "text_trace": msgspec.structs.replace(cells["text_trace"], turns=[turn])}


def test_everything_is_told_within_80_columns(make_cells: MakeCells) -> None:
    text = printed(Exhibit("k-en-0", "proven", make_cells("Apple", attempts=2)))
    for words in ("A Apple at noon", "k-en-0  food: Apple  en", "split train", "proven", "watermark"):
        assert words in text
    for words in ("Recaption 1: rejected (margin)", "Recaption 2: passed", "Critique: redder", "Reasoning:"):
        assert words in text
    for words in ("0.82", "Pear 0.5", "count 1", "identity 9", "text: Apple: CC-BY-SA-4.0  Ed"):
        assert words in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_a_turn_is_told_as_what_was_thought_and_done(make_cells: MakeCells) -> None:
    call = '{"name":"text_search","arguments":{"q":"Apple"}}'
    reply = f"<think>I look it up.</think>\n<tool_call>{call}</tool_call>"
    text = printed(Exhibit("k", "proven", with_reply(make_cells("Apple"), reply)))
    assert "0. text_search(q='Apple')\n     I look it up.\n" in "\n".join(map(str.rstrip, text.splitlines()))
    assert "<tool_call>" not in text


def test_a_turn_that_was_repaired_stands_word_for_word(make_cells: MakeCells) -> None:
    cells = with_reply(make_cells("Apple"), "<think>hm", ok=False, problem="no-action")
    text = printed(Exhibit("k", "proven", cells))
    assert "0. repaired: no-action" in text
    assert "<think>hm" in text


def test_markup_and_control_characters_are_text(make_cells: MakeCells) -> None:
    text = printed(Exhibit("k", "proven", make_cells("Apple", text="[red]\x1b[31m</observation>")))
    assert "[red]" in text
    assert "\x1b" not in text
    assert "</observation>" in text


def test_a_record_that_ended_early_is_shown_as_far_as_it_came(make_cells: MakeCells) -> None:
    cells = {"prompt": make_cells("Apple")["prompt"]}
    text = printed(Exhibit("k", "rejected", cells, stage="gap", reason="no-need", detail="well known"))
    assert "rejected by gap: no-need (well known)" in text
    assert "Evidence" not in text


def test_an_entity_without_prompts_says_why(make_cells: MakeCells) -> None:
    cells = {"entity": make_cells("Apple")["entity"]}
    text = printed(Exhibit("k", "rejected", cells, stage="harvest", reason="no-picture"))
    assert text.startswith("Apple")
    assert "rejected by harvest: no-picture" in text
