"""WISE: WiScore of the first release, the binary score of WISE_Verified, and the id ranges of each.

First release (GPT-4o): consistency, realism and aesthetic quality, 0..2 each;
WiScore = (0.7 consistency + 0.2 realism + 0.1 aesthetic quality) / 2.
WISE_Verified (April 2026): one score, 0 or 1. Some 200 prompts are others, and the ids are cut elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from catalogs.records import ScoreItem
from catalogs.stage import Blobs
from verifiers.scorers.bootstrap import interval
from verifiers.scorers.files import find_picture, read_rows
from verifiers.scorers.items import GENERATED
from verifiers.scorers.judged import Instruction, system_text
from verifiers.scorers.tally import FAILED, SCORED, ItemScore, Line, counted, line, lines_by, matrix
from verifiers.scorers.wise_releases import VERIFIED, WEIGHTS, Version, number_of, version_of
from workers.judging.fields import Field

SLUG = "wise"
NO_GRADE = 999
"""What the published evaluator writes for a grade that it could not get."""


_SHOWS = ((GENERATED, "the generated picture"),)
_TEXT = "Prompt: {text}\nExplanation: {explanation}"
INSTRUCTIONS = {
    "legacy": Instruction(
        task=SLUG,
        system=system_text("wise-legacy"),
        text=_TEXT,
        shows=_SHOWS,
        fields=tuple(Field(name=name, low=0, high=2) for name in WEIGHTS),
    ),
    "verified": Instruction(
        task=SLUG,
        system=system_text("wise-verified"),
        text=_TEXT,
        shows=_SHOWS,
        fields=(Field(name="score", low=0, high=1),),
    ),
}


def items_of(
    paths: Sequence[Path], images: Path, version: str, blobs: Blobs
) -> tuple[Version, list[ScoreItem]]:
    """Items of the prompt files (``prompt_id``, ``Prompt``, ``Explanation``, ``Subcategory``), with their
    pictures ``<prompt_id>.png``."""
    rows = [row for path in paths for row in read_rows(path)]
    release = version_of(paths, rows, version)
    items = []
    for row in sorted(rows, key=number_of):
        found = find_picture(images, str(number_of(row)))
        category = release.category(number_of(row))
        items.append(
            ScoreItem(
                key=str(number_of(row)),
                category=category or "(no range)",
                text=str(row.get("Prompt", "")),
                pictures={GENERATED: blobs.put(found.read_bytes())} if found else {},
                facts={
                    "explanation": str(row.get("Explanation", "")),
                    "subcategory": str(row.get("Subcategory", "")),
                },
                missing="" if found and category else "no-picture" if category else "id-out-of-range",
            )
        )
    return release, items


def measured(version: Version, values: Mapping[str, float]) -> dict[str, float]:
    """Grades -> measures; WiScore is 0..1."""
    if version is VERIFIED:
        return {"score": values["score"]}
    return {**values, "wiscore": sum(w * values[name] for name, w in WEIGHTS.items()) / 2}


def read_scores(paths: Sequence[Path], asked: str = "auto") -> tuple[Version, list[ItemScore]]:
    """Published score files (JSON lines); grades beyond the scale, such as 999, are listed as failed."""
    rows = [row for path in paths for row in read_rows(path)]
    version = version_of(paths, rows, asked)
    names, top = (("score",), 1) if version is VERIFIED else (tuple(WEIGHTS), 2)
    items = []
    for row in rows:
        values = {
            n: float(row[n]) for n in names if isinstance(row.get(n), int | float) and 0 <= row[n] <= top
        }
        whole = len(values) == len(names)
        items.append(
            ItemScore(
                key=str(number_of(row)),
                category=version.category(number_of(row)) or "(no range)",
                outcome=SCORED if whole else FAILED,
                reason="" if whole else "no-grade",
                values=measured(version, values) if whole else {},
            )
        )
    return version, items


def score_rows(
    version: Version, items: Sequence[ScoreItem], scores: Sequence[ItemScore]
) -> list[dict[str, Any]]:
    """Rows of the published score file; `NO_GRADE` for what failed, none for a missing picture."""
    subcategory = {item.key: item.facts.get("subcategory", "") for item in items}
    names = ("score",) if version is VERIFIED else tuple(WEIGHTS)
    return [
        {"prompt_id": int(s.key), "Subcategory": subcategory[s.key]}
        | {name: s.values.get(name, NO_GRADE) for name in names}
        | {"judge": s.judge, "instruction": s.instruction}
        for s in scores
        if s.outcome in (SCORED, FAILED)
    ]


def lines(version: Version, items: Sequence[ItemScore]) -> list[Line]:
    """Categories, the weighted overall score, and the mean over items.

    The overall score needs all six categories; where one has no score, there is none.
    """
    last = len(version.measures) - 1
    strata = [matrix([i for i in items if i.category == name], version.measures) for name in version.weights]
    weights = np.array(list(version.weights.values()))
    overall = {}
    if all(len(stratum) for stratum in strata):
        weighted = interval(
            strata, lambda means: (means[..., last] * weights).sum(axis=-1), f"wise/{version.name}"
        )
        overall = {version.measures[last]: weighted}
    return [
        *lines_by("category", lambda item: item.category, items, version.measures),
        counted("macro", "weighted overall", items, overall),
        line("micro", "mean over items", items, version.measures),
    ]
