"""The two releases of WISE: how they cut their ids and weigh the parts, and how to tell their files apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from verifiers.scorers.files import ScorerInputError

WEIGHTS = {"consistency": 0.7, "realism": 0.2, "aesthetic_quality": 0.1}
"""Of WiScore (README of the first release)."""


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
    telling = [row for row in rows if 521 <= number_of(row) <= 567]
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


def number_of(row: Mapping[str, Any]) -> int:
    """The id of a row; raises `ScorerInputError` where there is none."""
    try:
        return int(row["prompt_id"])
    except (KeyError, TypeError, ValueError):
        raise ScorerInputError(f"a row has no prompt_id: {dict(row)}") from None
