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

from catalogs.judges import judges_of
from catalogs.records import Attempt, Origin, ProofJudgement, Turn
from catalogs.review.exhibits import Exhibit, attempts_of, candidates_of, origins_of, references_of, turns_of
from catalogs.trajectory import parse_reply

LONGEST = 600
"""Characters of a tool's output that are shown: about eight lines of 80."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def render(exhibit: Exhibit) -> Group:
    """A record as far as it came.

    Text is shown as it is, never read as markup, and control characters in it are made visible: evidence
    cannot paint the terminal.
    """
    return Group(*_parts(exhibit))


def _parts(exhibit: Exhibit) -> Iterator[RenderableType]:
    cells = exhibit.cells
    yield _text(cells["prompt"].text if "prompt" in cells else exhibit.title, "bold")
    yield _text("  ".join(_facts(exhibit)), "dim")
    yield _text(exhibit.outcome + (f" ({exhibit.detail})" if exhibit.detail else ""), "italic")
    if gap := cells.get("gap"):
        yield from _section("Gap", [_text(gap.statement)])
    turns = turns_of(cells)
    yield from _section(f"Turns ({len(turns)})", [part for turn in turns for part in _turn(turn)])
    text = cells.get("text_trace")
    evidence = [_cited(used.sentence, used.title, used.origin) for used in (text.evidence if text else [])]
    yield from _section("Evidence", evidence)
    candidates = list(candidates_of(cells))
    yield from _section("Candidates", [_candidates(candidates)] if candidates else [])
    references = [
        _cited(f"{r.label}: {_listed(r.description)}", _scores(r.judgement), r.candidate.picture.origin)
        for r in references_of(cells)
    ]
    yield from _section("References", references)
    yield from _section("Judges", [_text(line) for line in _judges(cells)])
    for attempt in attempts_of(cells):
        yield from _section(
            f"Recaption {attempt.recaption.attempt}: {_judged(attempt)}", list(_attempt(attempt))
        )
    yield from _section("Licences and credits", [_text(line) for line in _credits(cells)])


def _facts(exhibit: Exhibit) -> Iterator[str]:
    yield exhibit.key
    if (entity := exhibit.cells.get("entity")) is not None:
        yield f"{entity.domain}: {entity.title}"
    if (prompt := exhibit.cells.get("prompt")) is not None:
        yield f"{prompt.language}, {prompt.form}"
    if (reservation := exhibit.cells.get("reservation")) is not None:
        yield f"split {reservation.split}"
    if (gap := exhibit.cells.get("gap")) is not None and not gap.needs_search:
        yield "no search needed"


def _section(title: str, lines: Sequence[RenderableType]) -> Iterator[RenderableType]:
    if lines:
        yield Text()
        yield Rule(_text(title, "bold"), align="left", style="dim")
        yield from (Padding(line, (0, 0, 0, 2)) for line in lines)


def _turn(turn: Turn) -> Iterator[RenderableType]:
    """What was thought and done, in words; a reply that cannot be read stands as it is, with its problem."""
    reply = parse_reply(turn.response_text)
    number = f"{turn.turn}. "
    if reply.problem or not turn.ok:
        yield _text(f"{number}repaired: {turn.problem or reply.problem}", "bold")
        yield _inner(turn.response_text)
    elif reply.tool_call:
        asked = ", ".join(f"{name}={value!r}" for name, value in reply.tool_call.arguments.items())
        yield _text(f"{number}{reply.tool_call.name}({asked})", "bold")
        yield _inner(reply.think)
    else:
        yield _text(f"{number}writes the recaption, see below", "bold")
    if turn.tool_output:
        yield _inner(
            turn.tool_output[:LONGEST] + (" [...]" if len(turn.tool_output) > LONGEST else ""), "dim"
        )


def _inner(words: str, style: str = "") -> Padding:
    return Padding(_text(words, style), (0, 0, 0, 3))


def _candidates(candidates: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("#", "decision", "score", "size", "licence", "title")
    for number, item in enumerate(candidates, start=1):
        candidate, decision = item["candidate"], item["decision"]
        picture = candidate.picture
        reason, score = (decision.reason, f"{decision.rank_score:g}") if decision else ("", "")
        size, licence = f"{picture.width}x{picture.height}", picture.origin.licence or "unknown"
        table.add_row(*(_text(cell) for cell in (str(number), reason, score, size, licence, candidate.title)))
    return table


def _attempt(attempt: Attempt) -> Iterator[RenderableType]:
    yield _text(attempt.recaption.text)
    if attempt.recaption.think:
        yield _text(f"Reasoning: {attempt.recaption.think}", "dim")
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


def _judges(cells: Mapping[str, Any]) -> Iterator[str]:
    """Models that judged, and what was said of each drawing of the newest recaption."""
    for part, judge in judges_of(cells).items():
        yield f"{part}: {judge}"
    judgement: ProofJudgement | None = cells.get("proof_judgement")
    for drawing in judgement.drawings if judgement else []:
        grades = (
            f"same {drawing.same_subject:g}  identity {drawing.identity:g}  scene {drawing.scene_followed:g}"
        )
        yield f"seed {drawing.seed}: {grades}  votes {drawing.votes}  spread {_scores(drawing.spread)}"
        yield f"   {drawing.critique}"


def _judged(attempt: Attempt) -> str:
    return "passed" if attempt.verdict.passed else f"rejected ({', '.join(attempt.verdict.reasons)})"


def _credits(cells: Mapping[str, Any]) -> list[str]:
    """Who is credited for what, each source once."""
    used: dict[str, list[str]] = {}
    for what, origin in origins_of(cells):
        used.setdefault(f"{origin.licence or 'unknown'}  {origin.author}  {origin.url}", []).append(what)
    return [f"{', '.join(dict.fromkeys(what))}: {source}" for source, what in used.items()]


def _cited(words: str, source: str, origin: Origin) -> Text:
    return _text(words).append_text(_text(f"\n{source}  {origin.url}", "dim"))


def _listed(items: str) -> str:
    return ", ".join(item.strip() for item in items.split(","))


def _scores(scores: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {score:g}" for name, score in sorted(scores.items()))


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _text(words: str, style: str = "") -> Text:
    return Text(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", words), style=style, overflow="fold")
