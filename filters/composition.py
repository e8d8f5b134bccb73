"""Composition: the seams of a collage, measured and not decided."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from filters.pictures import shrunk

SIDE = 256
"""Longest side, in pixels, at which seams are looked for."""

SEAM_STEP = 12
"""Levels 0..255 in some colour channel between neighbouring pixels that count as a step: above the grain of a
ground (2 to 6), below the step between two panels."""

INNER = (0.15, 0.85)
"""Where seams are looked for, as shares of width or height: nearer to the edge a straight line is a frame."""


def seams(image: Image.Image) -> tuple[float, float]:
    """Share 0..1 of the height (width) that the best vertical (horizontal) straight line of steps covers.

    A panel border of a collage runs all the way; the outline of a subject seldom covers half. A horizon is
    a horizontal seam, which is why the two are told apart. `image` is RGB.
    """
    pixels = np.asarray(shrunk(image, SIDE), dtype=np.int16)
    return _longest_line(pixels), _longest_line(pixels.swapaxes(0, 1))


def _longest_line(pixels: Any) -> float:
    differences = np.abs(np.diff(pixels, axis=1))
    # A reduction over a last axis of three takes ten times as long.
    steps = np.maximum.reduce([differences[..., channel] for channel in range(3)]) > SEAM_STEP
    # A seam that was resampled lies on two neighbouring columns.
    steps[:, :-1] |= steps[:, 1:]
    width = steps.shape[1]
    inner = steps[:, round(INNER[0] * width) : round(INNER[1] * width)]
    return float(inner.mean(axis=0).max()) if inner.size else 0.0
