"""One record to look at, verified or not, and its parts as a reader meets them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalogs.records import (
    COLUMNS,
    Attempt,
    Candidate,
    Entity,
    Origin,
    PictureScores,
    Prompt,
    Reference,
    Turn,
    Verdict,
)
from catalogs.sidecar import texts_of

PROVEN, RESERVED, UNFINISHED = "proven", "reserved", "unfinished"
FILTERS = tuple(name for name, cell in COLUMNS.items() if cell == list[PictureScores])
"""Columns with the scores that one filter gave every candidate."""


@dataclass(frozen=True)
class Exhibit:
    """One record with all that was written for it."""

    key: str
    verdict: str
    """``proven``, ``rejected``, ``failed``, ``reserved`` for the benchmark splits, or ``unfinished`` where a
    run stopped on the way."""
    cells: Mapping[str, Any]
    """Decoded columns, as far as the record came; without a `prompt` the entity itself came no further."""
    stage: str = ""
    """Where it ended or stands, unless it is proven; then why, as a slug (or an error class) and in words."""
    reason: str = ""
    detail: str = ""

    @property
    def outcome(self) -> str:
        """In words: ``proven``, ``rejected by select: too-few-pictures``, ``unfinished after gap``."""
        if self.verdict in (PROVEN, RESERVED):
            return self.verdict
        if self.verdict == UNFINISHED:
            return f"{self.verdict} after {self.stage}"
        return f"{self.verdict} by {self.stage}: {self.reason}"

    @property
    def title(self) -> str:
        """The entity's title, or its key where not even a title is known."""
        named: Entity | None = self.cells.get("entity") or self.cells.get("ref")
        prompt: Prompt | None = self.cells.get("prompt")
        return named.title if named else prompt.subject if prompt else self.key


def attempts_of(cells: Mapping[str, Any]) -> list[Attempt]:
    """All recaptions that were tried, also the one whose proof never came to an end."""
    attempts: list[Attempt] = list(cells.get("attempts") or [])
    newest = cells.get("recaption")
    if newest and newest.attempt > len(attempts):
        verdict = Verdict(passed=False, reasons=["not-proven"], critique="")
        attempts.append(Attempt(recaption=newest, drawings=[], proof=None, verdict=verdict))
    return attempts


def references_of(cells: Mapping[str, Any]) -> list[Reference]:
    """The chosen references, none where the selection was not reached."""
    selection = cells.get("selection")
    return selection.references if selection else []


def turns_of(cells: Mapping[str, Any]) -> list[Turn]:
    """Text search, picture search and every recaption, with what was malformed before it."""
    traces = [cells[name] for name in ("text_trace", "image_trace") if cells.get(name)]
    turns = [turn for trace in traces for turn in trace.turns]
    for attempt in attempts_of(cells):
        turns += [*attempt.recaption.refused, attempt.recaption.turn]
    return turns


def candidates_of(cells: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each candidate with the decision on it and what every filter measured."""
    trace, selection = cells.get("image_trace"), cells.get("selection")
    candidates: list[Candidate] = trace.candidates if trace else []
    decisions = selection.decisions if selection else []
    aligned = len(decisions) == len(candidates)
    by_content = {decision.sha256: decision for decision in reversed(decisions)}
    measured = {name: {s.sha256: s for s in cells.get(name) or []} for name in FILTERS}
    for number, candidate in enumerate(candidates):
        content = candidate.picture.sha256
        yield {
            "candidate": candidate,
            # Copies of one picture have decisions of their own, which stand in the order of the candidates.
            "decision": decisions[number] if aligned else by_content.get(content),
            "scores": {name: scores[content] for name, scores in measured.items() if content in scores},
        }


def origins_of(cells: Mapping[str, Any]) -> Iterator[tuple[str, Origin]]:
    """What went into the record and whom to credit for it."""
    yield from texts_of(cells)
    for reference in references_of(cells):
        yield reference.label, reference.candidate.picture.origin
    for number, picture in enumerate(cells.get("ground_truth") or [], start=1):
        yield "ground truth" if number == 1 else f"ground truth {number}", picture.origin
    for attempt in attempts_of(cells):
        for drawing in attempt.drawings:
            name = f"drawing {attempt.recaption.attempt}, seed {drawing.seed}"
            yield name, drawing.picture.origin
