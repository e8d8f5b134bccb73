"""The embedded judge of caption pairs: compares what captions say with what can be measured of the picture.

Comprehensiveness is the cosine of picture and caption and, where that ties, how well the colours that are
named are those of the subject; insight is the number, place and light that both can be read for. Fluency it
cannot judge: that is always a tie. Overall wins who is better in more of what was measured. It sees no more
than that, and reports name it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from verifiers.pictures import decoded
from verifiers.regions import Regions, find_regions, groups
from verifiers.scene import nearness
from verifiers.scorers.describe import NAMED
from verifiers.scorers.measuring import MeasuringJudge
from verifiers.scorers.pairwise import FIRST, SECOND, TIE
from workers import palette
from workers.benchmark_judge.interface import Question
from workers.drawing.reading import read
from workers.scenes import LIGHTS, PLACES

CLOSE = 0.025
"""Cosines nearer than this tie: by so much two drawings of one recaption differ in the median, which says
nothing of the recaption (120 entities of the default world, ``make bench CASE=judge``)."""


@dataclass(frozen=True)
class EmbeddedCaptionJudge(MeasuringJudge):
    """Answers with first, second or tie by each criterion. It does not know in which order it is asked."""

    name: ClassVar = "embedded-caption-judge"
    version: ClassVar = "3"

    def measured(self, question: Question) -> dict[str, Any]:
        captions = (question.facts["first"], question.facts["second"])
        data = question.picture("truth_1") or b""
        regions = find_regions(data)
        model = self.image_text.load()
        picture = model.embed_images([decoded(data)])[0]
        cosines = [float(one) for one in model.embed_texts(captions) @ picture]
        captioned = [(caption, question.language) for caption in captions]
        likeness = _better(cosines, CLOSE)
        colours = _better([_colours(regions, *one) for one in captioned])
        scene = _better([_scene(regions, *one) for one in captioned])
        said = (likeness, colours, scene)
        return {
            "comprehensiveness": colours if likeness == TIE else likeness,
            "fluency": TIE,
            "insight": scene,
            "overall": _better([said.count(FIRST), said.count(SECOND)]),
            "rationale": f"measured, not seen: cosines {cosines[0]:.3f} and {cosines[1]:.3f}",
        }


def _better(measured: Sequence[float], close: float = 1e-9) -> str:
    first, second = measured
    if abs(first - second) <= close:
        return TIE
    return FIRST if first > second else SECOND


def _colours(regions: Regions, caption: str, language: str) -> float:
    """F1 of the colours that are named and those that cover enough of the subject."""
    shares = dict(zip(palette.KEYS, palette.shares(regions.pixels[regions.mask]), strict=True))
    there = {key for key, share in shares.items() if share >= NAMED}
    said = set(palette.find(caption.casefold(), language))
    return 2 * len(there & said) / max(len(there) + len(said), 1)


def _scene(regions: Regions, caption: str, language: str) -> float:
    """Statements on number, place and light that hold, minus those that do not."""
    reading = read(caption, language)
    sky, ground = regions.band
    holds: list[bool] = []
    if reading.count > 1 and not regions.whole:
        holds.append(len(groups(regions.mask)) == reading.count)
    if reading.place:
        gain = LIGHTS[reading.light].gain if reading.light else 1.0
        grounds: dict[str, Any] = {key: np.asarray(one.ground) * gain for key, one in PLACES.items()}
        holds.append(nearness(ground, grounds, reading.place) >= 0.5)
    if reading.light:
        skies = {key: np.asarray(one.sky) for key, one in LIGHTS.items()}
        holds.append(nearness(sky, skies, reading.light) >= 0.5)
    return float(sum(1 if held else -1 for held in holds))
