"""WISE: WiScore of the first release, the binary score of WISE_Verified, and the id ranges of each.

First release (GPT-4o): consistency, realism and aesthetic quality, 0..2 each;
WiScore = (0.7 consistency + 0.2 realism + 0.1 aesthetic quality) / 2.
WISE_Verified (April 2026): one score, 0 or 1. Some 200 prompts are others, and the ids are cut elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from catalogs.records import ScoreItem
from catalogs.stage import Blobs
from verifiers.scorers.bootstrap import interval
from verifiers.scorers.files import ScorerInputError, find_picture, read_rows
from verifiers.scorers.items import GENERATED
from verifiers.scorers.judged import Instruction, system_text
from verifiers.scorers.tally import FAILED, SCORED, ItemScore, Line, counted, line, lines_by, matrix
from workers.benchmark_judge.interface import Field

SLUG = "wise"
WEIGHTS = {"consistency": 0.7, "realism": 0.2, "aesthetic_quality": 0.1}
NO_GRADE = 999
"""What the published evaluator writes for a grade that it could not get."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """Where a release cuts its ids, and how it weighs the parts."""

    name: str
    ranges: tuple[tuple[str, int, int, float], ...]
    """(category, first id, last id, weight in the overall score)."""
    measures: tuple[str, ...]
    """What is reported; the last one is what the overall score is made of."""

    def category(self, number: int) -> str:
        return next((name for name, first, last, _ in self.ranges if first <= number <= last), "")

    @property
    def weights(self) -> dict[str, float]:
        return {name: weight for name, _, _, weight in self.ranges}


LEGACY = Version(
    name="legacy",
    ranges=(
        ("CULTURE", 1, 400, 0.4),
        ("TIME", 401, 567, 0.167),
        ("SPACE", 568, 700, 0.133),
        ("BIOLOGY", 701, 800, 0.1),
        ("PHYSICS", 801, 900, 0.1),
        ("CHEMISTRY", 901, 1000, 0.1),
    ),
    measures=(*WEIGHTS, "wiscore"),
)
VERIFIED = Version(
    name="verified",
    ranges=(
        ("CULTURE", 1, 400, 0.40),
        ("TIME", 401, 520, 0.12),
        ("SPACE", 521, 640, 0.12),
        ("BIOLOGY", 641, 760, 0.12),
        ("PHYSICS", 761, 880, 0.12),
        ("CHEMISTRY", 881, 1000, 0.12),
    ),
    measures=("score",),
)
VERSIONS = {version.name: version for version in (LEGACY, VERIFIED)}

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


def version_of(paths: Sequence[Path], rows: Sequence[Mapping[str, Any]], asked: str = "auto") -> Version:
    """The release that files belong to: what was asked for, else by their content, else by their names.

    Score files tell by their fields. Prompts 521 to 567 are about time in the first release and about space
    in the verified one. Raises `ScorerInputError` where nothing tells.
    """
    if asked != "auto":
        if asked not in VERSIONS:
            raise ScorerInputError(f"there is no WISE version {asked!r}: use {', '.join(VERSIONS)} or auto")
        return VERSIONS[asked]
    if any("consistency" in row for row in rows):
        return LEGACY
    if any("score" in row for row in rows):
        return VERIFIED
    telling = [row for row in rows if 521 <= _number(row) <= 567]
    if telling:
        time = ["time" in str(row.get("Subcategory", "")).casefold() for row in telling]
        return LEGACY if sum(time) * 2 > len(time) else VERIFIED
    if any("verified" in str(path).casefold() for path in paths):
        return VERIFIED
    if any("legacy" in str(path).casefold() for path in paths):
        return LEGACY
    raise ScorerInputError(
        f"{', '.join(p.name for p in paths)} could be of either release of WISE: "
        "say --version legacy or --version verified"
    )


def items_of(
    paths: Sequence[Path], images: Path, version: str, blobs: Blobs
) -> tuple[Version, list[ScoreItem]]:
    """Items of the prompt files (``prompt_id``, ``Prompt``, ``Explanation``, ``Subcategory``), with their
    pictures ``<prompt_id>.png``."""
    rows = [row for path in paths for row in read_rows(path)]
    release = version_of(paths, rows, version)
    items = []
    for row in sorted(rows, key=_number):
        found = find_picture(images, str(_number(row)))
        category = release.category(_number(row))
        items.append(
            ScoreItem(
                key=str(_number(row)),
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
                key=str(_number(row)),
                category=version.category(_number(row)) or "(no range)",
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


def _number(row: Mapping[str, Any]) -> int:
    try:
        return int(row["prompt_id"])
    except (KeyError, TypeError, ValueError):
        raise ScorerInputError(f"a row has no prompt_id: {dict(row)}") from None
