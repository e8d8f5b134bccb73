"""Cutting the subject of a reference out of its ground.

A picture whose ground cannot be told (a photograph of a landscape, a collage) stands for its subject whole.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from workers.drawing.ground import SUBJECT_RANGE, ground_mask
from workers.errors import ModelReplyError

WORKING_SIDE = 256
"""Pixels: a reference is reduced to this before it is cut, the most that a drawing of 384 pixels shows of
it."""


@dataclass(frozen=True)
class Cutout:
    """A subject: `pixels` uint8 [h, w, 3], `mask` float32 [h, w] in 0..1, cropped to the subject.

    `whole` says that no ground could be separated and the picture stands in for its subject.
    """

    pixels: Any
    mask: Any
    whole: bool = False


@lru_cache(maxsize=8)
def cut_out(data: bytes) -> Cutout:
    """The subject of an encoded picture, at most 256 pixels wide and high. Callers must not change it.

    The last ones are remembered, half a megabyte each: prompts of one entity are drawn from the same
    references. Raises `ModelReplyError` for bytes that are no complete picture.
    """
    pixels, alpha = _decode(data)
    mask = _from_alpha(alpha)
    if mask is None:
        mask = ground_mask(pixels)
    if mask is None:
        return Cutout(pixels, np.ones(pixels.shape[:2], np.float32), whole=True)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = max(int(rows[0]) - 1, 0), max(int(columns[0]) - 1, 0)
    box = (slice(top, int(rows[-1]) + 2), slice(left, int(columns[-1]) + 2))
    return Cutout(pixels[box], soften(mask[box]))


def soften(mask: Any) -> Any:
    """bool [h, w] -> float32 [h, w]: one pixel in from the cut, where the ground shines through, then
    blurred."""
    import cv2

    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0)
    return cv2.GaussianBlur(inner.astype(np.float32), (3, 3), 0) * mask


def _from_alpha(alpha: Any) -> Any:
    """A picture that brings its own transparency has been cut by its author."""
    if alpha is None or (alpha > 127).mean() > SUBJECT_RANGE[1] or (alpha > 127).mean() < SUBJECT_RANGE[0]:
        return None
    return alpha > 127


def _decode(data: bytes) -> tuple[Any, Any]:
    """uint8 [h, w, 3] on white, and uint8 alpha [h, w] or None, both at the working size."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as image:
                image.draft("RGB", (WORKING_SIDE, WORKING_SIDE))
                upright = ImageOps.exif_transpose(image)
                transparent = "A" in upright.getbands() or "transparency" in upright.info
                small = upright.convert("RGBA" if transparent else "RGB")
    except Exception as error:  # Pillow's decoders raise nearly anything on hostile bytes
        raise ModelReplyError(f"a reference cannot be decoded as a picture: {error}") from error
    small.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    if min(small.size) < 8:
        raise ModelReplyError(
            f"a reference of {small.size[0]} x {small.size[1]} pixels is too small to draw from"
        )
    if not transparent:
        return np.asarray(small), None
    white = Image.new("RGBA", small.size, (255, 255, 255, 255))
    return np.asarray(Image.alpha_composite(white, small).convert("RGB")), np.asarray(small.getchannel("A"))
