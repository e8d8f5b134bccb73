"""The embedded judge: measurements in place of a vision-language model, so that scorers run anywhere.

It knows kinds of things, colours, numbers of subjects, the places and lights of `workers.scenes`, and text
that OCR reads. It does not know individuals, styles or facts, and its grades are not comparable with those of
a language model: reports name it wherever its grades are printed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from verifiers.pictures import decoded
from verifiers.regions import find_regions, subject_crop
from verifiers.scene import count_check, nearness
from verifiers.scorers.items import GENERATED
from verifiers.scorers.measuring import MeasuringJudge
from verifiers.scorers.pixels import composition, sharpness
from workers.benchmark_judge.interface import Question
from workers.drawing.reading import Reading, read
from workers.errors import ModelReplyError
from workers.image_text.interface import ImageText
from workers.judging.fields import Field
from workers.judging.rules import AGREEMENT, Curve, grade
from workers.ocr import OcrWorker
from workers.scenes import LIGHTS, PLACES

COSINE: Curve = ((0.02, 0.0), (0.18, 6.0), (0.28, 10.0))
"""Cosine of prompt and picture by the LiT head -> grade. On 120 entities of the default world the
drawing of another entity has 0.02 in the median, and 5 % of such drawings reach 0.18; the drawing made for
the prompt has 0.28 in the median (``make bench CASE=judge``)."""

_QUOTED = re.compile(r"[\"“”«»]([^\"“”«»]{1,80})[\"“”«»]")
"""Words that a prompt wants to be read in the picture stand in quotation marks."""


@dataclass(frozen=True)
class EmbeddedJudge(MeasuringJudge):
    """Answers from measurements. A field that it has no measurement for is an error, never a guess."""

    name: ClassVar = "embedded-judge"
    version: ClassVar = "2"

    ocr: OcrWorker

    def measured(self, question: Question) -> dict[str, Any]:
        if question.picture(GENERATED) is None:
            raise ModelReplyError("there is no picture to judge")
        seen = _Seen(question, self.image_text.load(), self.ocr)
        return {field.name: seen.field(field) for field in question.fields}


class _Seen:
    """What is measured of one question: shares 0..1, each computed once, when it is asked for."""

    def __init__(self, question: Question, model: ImageText, ocr: OcrWorker) -> None:
        self._question = question
        self._model = model
        self._ocr = ocr
        self._data = question.picture(GENERATED) or b""

    def field(self, field: Field) -> Any:
        """The answer to one field, on its own scale."""
        if field.kind == "text":
            return self._rationale()
        if field.name == "text_accuracy_na":
            return not self._wanted_words
        if field.name not in _MEASURE:
            raise ModelReplyError(f"the embedded judge has no measurement for {field.name}")
        share = float(getattr(self, _MEASURE[field.name]))
        if field.kind == "flag":
            return share >= 0.5
        value = field.low + share * (field.high - field.low)
        if field.allowed:
            return min(field.allowed, key=lambda allowed: (abs(allowed - value), allowed))
        return round(value) if field.kind == "integer" else round(value, 2)

    @cached_property
    def _regions(self) -> Any:
        return find_regions(self._data)

    @cached_property
    def _truths(self) -> list[Any]:
        return [find_regions(data) for data in self._question.pictures_of("truth_")]

    @cached_property
    def _reading(self) -> Reading:
        return read(self._question.subject, self._question.language)

    @cached_property
    def clarity(self) -> float:
        return sharpness(decoded(self._data))

    @cached_property
    def aesthetics(self) -> float:
        return composition(self._regions)

    @cached_property
    def identity(self) -> float:
        """The best of the true pictures and their mirror images: they need not show one view."""
        if not self._truths:
            return self.content
        own = subject_crop(self._regions, self._reading.count)
        views = [view for truth in self._truths for view in _both_ways(subject_crop(truth))]
        features = self._model.image_features([own, *views])
        return grade(float((features[1:] @ features[0]).max()), AGREEMENT) / 10

    @cached_property
    def content(self) -> float:
        """Prompt and picture in the shared space, and what the prompt names of number, place and light."""
        picture = self._model.embed_images([decoded(self._data)])[0]
        prompt = self._model.embed_texts([self._question.subject])[0]
        parts = [grade(float(np.dot(picture, prompt)), COSINE) / 10]
        sky, ground = self._regions.band
        place, light = self._reading.place, self._reading.light
        if light:
            parts.append(nearness(sky, {k: np.asarray(one.sky) for k, one in LIGHTS.items()}, light))
        if place:
            gain = LIGHTS[light].gain if light else 1.0
            grounds = {k: np.asarray(one.ground) * gain for k, one in PLACES.items()}
            parts.append(nearness(ground, grounds, place))
        if self._truths and (place or light):
            parts.append(count_check(self._regions, self._truths[0], self._reading.count))
        return float(np.mean(parts))

    @cached_property
    def overall(self) -> float:
        return float(np.mean([self.clarity, self.content, self.aesthetics, self.identity]))

    @cached_property
    def _wanted_words(self) -> list[str]:
        return [_plain(found) for found in _QUOTED.findall(self._question.subject) if _plain(found)]

    @cached_property
    def lettering(self) -> float:
        """Share of the quoted words of the prompt that OCR finds; one half where there are none, which is
        what KnowGen fills in."""
        if not self._wanted_words:
            return 0.5
        lines = self._ocr.load().read([decoded(self._data)])[0]
        said = _plain(" ".join(line.text for line in lines))
        return float(np.mean([wanted in said for wanted in self._wanted_words]))

    def _rationale(self) -> str:
        found = {
            name: round(getattr(self, name), 2) for name in ("clarity", "content", "aesthetics", "identity")
        }
        return "measured, not seen: " + "; ".join(f"{name} {share}" for name, share in found.items())


_MEASURE = {
    "clarity": "clarity",
    "content_quality": "content",
    "aesthetics": "aesthetics",
    "text_relevance_ip": "identity",
    "overall_score": "overall",
    "consistency": "content",
    "realism": "clarity",
    "aesthetic_quality": "aesthetics",
    "score": "content",
    "text_alignment": "content",
    "entity_alignment": "identity",
    "faithfulness": "content",
    "visual_correctness": "identity",
    "text_accuracy": "lettering",
}
"""Field of a benchmark -> measurement."""


def _both_ways(image: Any) -> tuple[Any, Any]:
    from PIL import ImageOps

    return image, ImageOps.mirror(image)


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
