"""What stands round a picture and is no part of it: a border, the bars of a letterbox, the page it is on."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 160
"""Pixels of the square in which frames are looked for."""
FRAME = 12.0
"""Grey levels of 256 within which a frame has one colour, after JPEG."""
FILLED = 0.5
"""Share of the outline of what a frame surrounds that has another colour than the frame: of a picture it is
nearly all, of a drawing on a plain ground, which is no frame, little."""
LEAST_FRAMED = 0.2
"""Share of a side that is left without the frame, at least: a hash samples 32 of its pixels."""
MOST_FRAMES = 3
"""A mat in a frame on a page."""


def unframed(image: Image.Image) -> Image.Image:
    """The picture (RGB) without its frames; itself where it has none."""
    for _ in range(MOST_FRAMES):
        box = _framed(squared(image, SIDE))
        if box is None:
            break
        x, y = image.width / SIDE, image.height / SIDE
        left, top = math.ceil(box[0] * x), math.ceil(box[1] * y)
        right, bottom = max(left + 1, int(box[2] * x)), max(top + 1, int(box[3] * y))
        image = image.crop((left, top, right, bottom))
    return image


def squared(image: Image.Image, side: int) -> npt.NDArray[np.float64]:
    """float64 [side, side], 0..255: luminance, the sides averaged to a square."""
    return np.asarray(image.convert("L").resize((side, side), Image.Resampling.BOX), np.float64)


def _framed(square: npt.NDArray[np.float64]) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of what a frame surrounds, in pixels of the square; None where there is no
    frame, or nothing in it."""
    corners = square[[0, 0, -1, -1], [0, -1, 0, -1]]
    if np.ptp(corners) > FRAME:
        return None
    inside = np.abs(square - np.median(corners)) > FRAME
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not len(rows):
        return None
    top, bottom = _inner(rows[0], rows[-1] + 1)
    left, right = _inner(columns[0], columns[-1] + 1)
    part = inside[top:bottom, left:right]
    if part.size == square.size or min(part.shape) < LEAST_FRAMED * SIDE:
        return None
    outline = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    return (left, top, right, bottom) if outline.mean() >= FILLED else None


def _inner(first: int, last: int) -> tuple[int, int]:
    """A pixel that frame and picture share counts as frame, where there is one."""
    return int(first) + (first > 0), int(last) - (last < SIDE)
