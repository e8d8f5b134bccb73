"""Cells as earlier stages leave them: each function adds one step."""

from __future__ import annotations

from typing import Any

from annotators.gap import FindGap
from annotators.image_search import SearchImages
from annotators.prompts import WritePrompts
from annotators.recaption import WriteRecaption
from annotators.text_search import SearchText
from catalogs.records import Decision, Prompt, Reference, Selection, Verdict
from catalogs.stage import Kept
from tests.annotators.world import Library, Shelf, Web, entity, run
from workers.chat.rules import RulesTeacher


def kept(outcome: Any) -> dict[str, Any]:
    assert isinstance(outcome, Kept), outcome
    return dict(outcome.writes)


def prompted(language: str = "en") -> dict[str, Any]:
    prompts: list[Prompt] = kept(run(WritePrompts(RulesTeacher()), {"entity": entity()}))["prompts"]
    cells = {"prompt": next(prompt for prompt in prompts if prompt.language == language)}
    return cells | kept(run(FindGap(RulesTeacher()), cells))


def read(language: str = "en", library: Library | None = None) -> dict[str, Any]:
    cells = prompted(language)
    return cells | kept(run(SearchText(RulesTeacher(), library or Library()), cells))


def seen(language: str = "en", web: Web | None = None, shelf: Shelf | None = None) -> dict[str, Any]:
    cells = read(language)
    return cells | kept(run(SearchImages(RulesTeacher(), web or Web()), cells, shelf))


def selected(language: str = "en", count: int = 2) -> dict[str, Any]:
    cells = seen(language)
    candidates = cells["image_trace"].candidates
    references = [
        Reference(
            label=f"image_{n + 1}", candidate=candidates[n], judgement={}, description="orange,black,white"
        )
        for n in range(count)
    ]
    decisions = [
        Decision(
            sha256=one.picture.sha256,
            kept=n < count,
            reason="kept" if n < count else "watermark",
            rank_score=7.0,
        )
        for n, one in enumerate(candidates)
    ]
    selection = Selection(references=references, decisions=decisions)
    return cells | {"references": references, "selection": selection}


def recaptioned(language: str = "en") -> dict[str, Any]:
    cells = selected(language)
    return cells | kept(run(WriteRecaption(RulesTeacher()), cells))


def disproven(language: str = "en", reasons: tuple[str, ...] = ("margin",)) -> dict[str, Any]:
    verdict = Verdict(passed=False, reasons=list(reasons), critique="The drawing is nearer to a lion.")
    return recaptioned(language) | {"verdict": verdict}
