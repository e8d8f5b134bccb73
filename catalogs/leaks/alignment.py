"""Whether one picture shows what a crop of another shows: laid over each other, in colour.

A hash of 64 bits finds candidates; two icons with one outline share it. Here the crop is fitted to the other
picture, a fraction of a cell at a time, and both are compared as pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from catalogs.leaks.hashes import BOX, CELLS, laid

SAMPLES = 24
"""Pixels a side at which pictures are compared: coarse enough to forgive JPEG and rescaling."""
STEPS = (0.5, 0.25, 0.125)
"""Cells by which an edge is moved, in turn; crops were made at whole cells."""

HOPELESS = 0.5
"""Correlation before fitting below which no fit is tried: edges that are off by half a cell cost far less
than what is missing then. On 996 drawings of the default world it takes nothing from what is found."""

Box = tuple[float, float, float, float]
WHOLE: Box = (0.0, 0.0, float(CELLS), float(CELLS))


def alignment(picture: Image.Image, box: Box, other: Image.Image, *, way: int) -> float:
    """Correlation -1..1 of `other` with the crop near `box` that fits it best.

    A box is left, top, right, bottom in `CELLS`.

    Channels are taken together, each about its own mean: another brightness or tint does not count, another
    distribution of colours does. `way` is how `other` is laid down (`catalogs.leaks.hashes.ORIENTATIONS`).
    """
    seen = _centred(laid(_sampled(other, WHOLE), way))
    best = _correlation(picture, box, seen)
    if best < HOPELESS:
        return best
    for step in STEPS:
        for edge in range(4):
            for move in (-step, step):
                tried = _moved(box, edge, move)
                score = _correlation(picture, tried, seen)
                if score > best:
                    box, best = tried, score
    return best


def _moved(box: Box, edge: int, move: float) -> Box:
    edges = list(box)
    edges[edge] = min(float(CELLS), max(0.0, edges[edge] + move))
    return (edges[0], edges[1], edges[2], edges[3])


def _sampled(picture: Image.Image, box: Box) -> npt.NDArray[np.float64]:
    """float64 [SAMPLES, SAMPLES, 3] of an RGB picture."""
    x, y = picture.width / CELLS, picture.height / CELLS
    pixels = (box[0] * x, box[1] * y, box[2] * x, box[3] * y)
    return np.asarray(picture.resize((SAMPLES, SAMPLES), BOX, box=pixels), np.float64)


def _centred(pixels: npt.NDArray[np.float64]) -> Any:
    """Each channel about its mean, the whole of length 1 (0 where nothing varies)."""
    about = pixels - pixels.mean(axis=(0, 1))
    return about / max(float(np.linalg.norm(about)), 1e-9)


def _correlation(picture: Image.Image, box: Box, seen: Any) -> float:
    return float((_centred(_sampled(picture, box)) * seen).sum())
