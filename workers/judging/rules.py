"""The embedded judge of candidate pictures: it grades measurements by rules."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workers.judging.interface import Judgement, JudgeRequest, Unjudged

Curve = tuple[tuple[float, float], ...]
"""(measurement, grade) points by rising measurement; straight lines between, flat outside."""


def grade(value: float, curve: Curve) -> float:
    """The grade 0..10 of a measurement."""
    (low, first), (high, last) = curve[0], curve[-1]
    if value <= low:
        return first
    if value >= high:
        return last
    for (left, below), (right, above) in itertools.pairwise(curve):
        if value <= right:
            return below + (above - below) * (value - left) / (right - left)
    raise ValueError(f"curve is not sorted: {curve}")


AGREEMENT: Curve = ((0.30, 0.0), (0.52, 6.0), (0.80, 10.0))
"""Identity features of the LiT head, as first trained, on the sample web (seeds 1 to 3, 110 entities each):
98 % of good views reach 0.55, half of them 0.72; look-alikes under the entity's name have a median of 0.26,
and 5 % of them reach 0.55. Another image-text model spreads its cosines differently; give it its own."""
PERCENTILE: Curve = ((0.3, 0.0), (0.6, 6.0), (0.9, 10.0))
"""Same web: 95 % of good views reach 0.73, half of the look-alikes 0.78: it tells kinds, not individuals."""
SEAM: Curve = ((0.82, 10.0), (0.92, 0.0))
"""The lesser of the two seams. Seeds 6 and 7: collages from 0.95, good views at most 0.64."""
TEXT_AREA: Curve = ((0.08, 10.0), (0.25, 5.0), (0.40, 0.0))
"""Seeds 6 and 7: good views at most 0.12, tiled marks from 0.16, leaflets from 0.35."""
ASPECT: Curve = ((1.7, 10.0), (2.0, 6.0), (2.2, 2.0))
"""Borderline at BAGEL's limit (Table 2: 1/2 to 2)."""
AREA: Curve = ((0.002, 4.0), (0.02, 10.0))
"""Share of the picture that is subject. Seeds 6 and 7: 95 % of good views from 0.04."""
SHARPNESS: Curve = ((0.15, 0.0), (0.30, 5.0), (0.45, 10.0))
"""Seeds 6 and 7: blurred pictures at most 0.18, good views from 0.46."""
SHORTEST: Curve = ((100.0, 0.0), (150.0, 6.0), (256.0, 10.0))
"""Pixels. Borderline at BAGEL's limit (Table 2: 150)."""
REPEATS: Curve = ((1.0, 10.0), (2.0, 7.0), (4.0, 0.0))
"""Seeds 6 and 7: tiled marks from 4, good views at most 1."""

EXCELLENT = 8.0
"""Where the published scale begins to call a picture excellent; what falls short of it is a reason to
name."""
UNNAMED = 5.0
"""Identity of a picture whose page names something else is at most this: a reject on the published scale."""
ALONE = 6.0
"""Identity of a picture with no other to agree with is at most this: borderline on the published scale."""


@dataclass(frozen=True)
class RulesJudge:
    """Grades the measurements of `filters.judge` by fixed curves; looks at no pixels and calls no model."""

    @property
    def name(self) -> str:
        return "rules-judge"

    @property
    def revision(self) -> str:
        return "2"

    def judge(self, requests: Sequence[JudgeRequest]) -> list[list[Judgement | Unjudged]]:
        return [[_judgement(picture.measurements) for picture in request.pictures] for request in requests]


def _judgement(found: dict[str, float]) -> Judgement:
    parts = {
        "identity": _identity(found),
        "layout": _layout(found),
        "quality": _quality(found),
        "obstruction": {"words that return": grade(found["repeats"], REPEATS)},
    }
    reasons = [
        f"{part}: {why}"
        for part, causes in parts.items()
        for why, points in causes.items()
        if points < EXCELLENT
    ]
    grades: dict[str, Any] = {part: min(causes.values()) for part, causes in parts.items()}
    return Judgement(**grades, reason="; ".join(reasons) or "no fault found")


def _identity(found: dict[str, float]) -> dict[str, float]:
    causes = {"unlike the other pictures of the subject": grade(found["agreement"], AGREEMENT)}
    if not found["voters"]:
        causes = {"no other picture to compare with": min(ALONE, grade(found["percentile"], PERCENTILE))}
    if not found["named"]:
        causes["its page does not name the subject"] = UNNAMED
    return causes


def _layout(found: dict[str, float]) -> dict[str, float]:
    return {
        "a collage": grade(min(found["seam_vertical"], found["seam_horizontal"]), SEAM),
        "covered by text": grade(found["text_area"], TEXT_AREA),
        "far from square": grade(max(found["aspect"], 1 / found["aspect"]), ASPECT),
        "the subject is tiny": grade(found["area"], AREA),
    }


def _quality(found: dict[str, float]) -> dict[str, float]:
    return {
        "not sharp": grade(found["sharpness"], SHARPNESS),
        "small": grade(found["shortest"], SHORTEST),
    }
