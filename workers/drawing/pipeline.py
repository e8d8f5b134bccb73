"""What a loaded pipeline of diffusers does with a batch of requests."""

from __future__ import annotations

import inspect
import io
from collections.abc import Sequence
from typing import Any

from workers.batching import in_batches
from workers.drawing.interface import DrawingRequest
from workers.drawing.references import PIPELINES, Manner
from workers.drawing.settings import DrawingModel
from workers.errors import ModelReplyError
from workers.image_text.pixels import on_white
from workers.meter import count_call

LONGEST_PROMPT = 512
"""Tokens that the text encoders may read: the most that Stable Diffusion 3 and FLUX take. A recaption of 100
words has about 130; CLIP, in models that have nothing else, cuts it at 77."""


class PipelineDrawer:
    """A `Drawer`. Noise is drawn on the CPU from each request's own seed, whatever the device and batch."""

    def __init__(self, pipeline: Any, settings: DrawingModel, name: str, revision: str) -> None:
        pipeline.set_progress_bar_config(disable=True)
        self._pipeline = pipeline
        self._settings = settings
        self._manner = PIPELINES.get(type(pipeline).__name__) if settings.references else None
        self.name = name
        self.revision = revision
        asked = inspect.signature(pipeline.__call__).parameters
        self._most_tokens = {"max_sequence_length": LONGEST_PROMPT} if "max_sequence_length" in asked else {}

    def draw(self, requests: Sequence[DrawingRequest]) -> list[bytes]:
        """One PNG a request, in order. Raises `ModelReplyError` for a reference that cannot be decoded."""
        size = self._settings.batch
        if self._manner is None:
            drawn = in_batches(requests, size, self._from_text)
        else:
            manner, drawn = self._manner, [b""] * len(requests)
            for numbers in _alike(requests):
                alike = [requests[number] for number in numbers]
                pictures = in_batches(alike, size, lambda batch: self._from_references(batch, manner))
                for number, picture in zip(numbers, pictures, strict=True):
                    drawn[number] = picture
        count_call(len(requests))
        return drawn

    def _from_text(self, batch: Sequence[DrawingRequest]) -> list[bytes]:
        return self._call(
            batch,
            prompt=[request.recaption for request in batch],
            guidance_scale=self._settings.guidance,
        )

    def _from_references(self, batch: Sequence[DrawingRequest], manner: Manner) -> list[bytes]:
        """One text and its references, one picture a seed."""
        first = batch[0]
        return self._call(
            batch,
            prompt=manner.worded(first.recaption),
            image=[_decoded(data) for data in first.references] or None,
            num_images_per_prompt=len(batch),
            **{manner.guidance: self._settings.guidance},
            **manner.further,
        )

    def _call(self, batch: Sequence[DrawingRequest], **fields: Any) -> list[bytes]:
        import torch

        width, height = self._settings.sides
        with torch.inference_mode():
            result = self._pipeline(
                **fields,
                **self._most_tokens,
                width=width,
                height=height,
                num_inference_steps=self._settings.steps,
                generator=[torch.Generator("cpu").manual_seed(request.seed) for request in batch],
                output_type="pil",
            )
        return [_encoded(picture) for picture in result.images]


def _alike(requests: Sequence[DrawingRequest]) -> list[list[int]]:
    """Requests that differ in their seed alone."""
    groups: dict[Any, list[int]] = {}
    for number, request in enumerate(requests):
        groups.setdefault((request.recaption, request.references), []).append(number)
    return list(groups.values())


def _decoded(data: bytes) -> Any:
    from PIL import Image, ImageOps

    try:
        return on_white(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    except OSError as error:
        raise ModelReplyError(f"a reference cannot be decoded: {error}") from error


def _encoded(picture: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=3)
    return out.getvalue()
