"""One trajectory as a person would want to read it in a terminal of 80 columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from catalogs.records import Attempt, ImageTrace, Origin, Selection, TextTrace, Turn

LONGEST = 600
"""Characters of a tool's output that are shown: about eight lines of 80."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def render(key: str, cells: Mapping[str, Any], outcome: str = "") -> Group:
    """A record as far as it came.

    `cells` holds decoded columns, at least `prompt`. Text is shown as it is, never read as markup, and
    control characters in it are made visible: evidence cannot paint the terminal.
    """
    return Group(*_parts(key, cells, outcome))


def _parts(key: str, cells: Mapping[str, Any], outcome: str) -> Iterator[RenderableType]:
    prompt = cells["prompt"]
    yield _text(prompt.text, "bold")
    entity = cells.get("entity")
    domain = f"{entity.domain}, " if entity else ""
    yield _text(f"{key}  {domain}{prompt.language}, {prompt.form}{', ' if outcome else ''}{outcome}", "dim")
    if gap := cells.get("gap"):
        yield from _section("Gap", [_text(gap.statement)])
    text: TextTrace | None = cells.get("text_trace")
    images: ImageTrace | None = cells.get("image_trace")
    turns = [turn for trace in (text, images) if trace for turn in trace.turns]
    yield from _section("Turns", [part for turn in turns for part in _turn(turn)])
    if text:
        yield from _section(
            "Evidence", [_cited(used.sentence, used.title, used.origin) for used in text.evidence]
        )
    selection: Selection | None = cells.get("selection")
    if images:
        yield from _section("Candidates", [_candidates(images, selection)] if images.candidates else [])
    if selection:
        lines = [
            _cited(f"{r.label}: {r.description}", _scores(r.judgement), r.candidate.picture.origin)
            for r in selection.references
        ]
        yield from _section("References", lines)
    attempts: Sequence[Attempt] = cells.get("attempts") or []
    for attempt in attempts:
        title = f"Attempt {attempt.recaption.attempt}: {_judged(attempt)}"
        yield from _section(title, list(_attempt(attempt)))
    yield from _section("Licences", [_text(line) for line in _licences(text, selection, cells)])


def _section(title: str, lines: Sequence[RenderableType]) -> Iterator[RenderableType]:
    if lines:
        yield Text()
        yield Rule(_text(title, "bold"), align="left", style="dim")
        yield from (Padding(line, (0, 0, 0, 2)) for line in lines)


def _turn(turn: Turn) -> Iterator[RenderableType]:
    yield _text(f"{turn.turn}. {turn.response_text}" + ("" if turn.ok else f"\n   repaired: {turn.problem}"))
    if turn.tool_output:
        cut = turn.tool_output[:LONGEST] + (" [...]" if len(turn.tool_output) > LONGEST else "")
        yield Padding(_text(cut, "dim"), (0, 0, 0, 3))


def _candidates(images: ImageTrace, selection: Selection | None) -> Table:
    decisions = selection.decisions if selection else []
    table = _table("#", "decision", "score", "size", "title")
    for number, candidate in enumerate(images.candidates):
        # Decisions stand in the order of the candidates, so that copies of one picture keep theirs.
        decision = decisions[number] if len(decisions) == len(images.candidates) else None
        size = f"{candidate.picture.width}x{candidate.picture.height}"
        reason, score = (decision.reason, f"{decision.rank_score:g}") if decision else ("", "")
        table.add_row(*(_text(cell) for cell in (str(number + 1), reason, score, size, candidate.title)))
    return table


def _attempt(attempt: Attempt) -> Iterator[RenderableType]:
    yield _text(attempt.recaption.text)
    if attempt.proof:
        table = _table("seed", "similarity", "margin", "nearest", "checks")
        for match in attempt.proof.matches:
            nearest = f"{match.nearest} {match.nearest_similarity:g}"
            cells = (
                str(match.seed),
                f"{match.similarity:g}",
                f"{match.margin:g}",
                nearest,
                _scores(match.checks),
            )
            table.add_row(*(_text(cell) for cell in cells))
        yield table
    if attempt.verdict.critique:
        yield _text(f"Critique: {attempt.verdict.critique}", "italic")


def _judged(attempt: Attempt) -> str:
    return "passed" if attempt.verdict.passed else f"rejected ({', '.join(attempt.verdict.reasons)})"


def _licences(text: TextTrace | None, selection: Selection | None, cells: Mapping[str, Any]) -> list[str]:
    origins = [used.origin for used in text.evidence] if text else []
    origins += [reference.candidate.picture.origin for reference in selection.references] if selection else []
    origins += [picture.origin for picture in cells.get("ground_truth") or []]
    return sorted({f"{origin.licence or 'unknown'}  {origin.author}  {origin.url}" for origin in origins})


def _cited(words: str, source: str, origin: Origin) -> Text:
    return _text(words).append_text(_text(f"\n{source}  {origin.url}", "dim"))


def _scores(scores: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {score:g}" for name, score in sorted(scores.items()))


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _text(words: str, style: str = "") -> Text:
    return Text(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", words), style=style, overflow="fold")
