"""Whether one picture shows what a crop of another shows: laid over each other, in colour.

A hash of 64 bits finds candidates; two icons with one outline share it. Here the crop is fitted to the other
picture, a fraction of a cell at a time, and both are compared as pixels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image

from catalogs.leaks.colours import Pixels, colours_of, correlation, paled, toned
from catalogs.leaks.hashes import BOX, CELLS, laid

SAMPLES = 24
"""Pixels a side at which pictures are compared: coarse enough to forgive JPEG and rescaling."""
STEPS = (0.5, 0.25, 0.125)
"""Cells by which an edge is moved, in turn; crops were made at whole cells."""

HOPELESS = 0.5
"""Correlation before fitting below which no fit is tried: edges that are off by half a cell cost far less
than what is missing then. On 996 drawings of the default world it takes nothing from what is found."""

UNPROMISING = 0.8
"""The same after edges were moved by the first step: of 36 drawings in nine changed copies each it takes
nothing from what is found."""

Box = tuple[float, float, float, float]
WHOLE: Box = (0.0, 0.0, float(CELLS), float(CELLS))


class Fit(NamedTuple):
    """Likeness of two pictures, -1..1, laid over each other as they fit best."""

    correlation: float
    """With the colours that they have."""
    recoloured: float
    """With another saturation, brightness, contrast or gamma; not computed, and 0, where there is no fit."""


def alignment(picture: Image.Image, box: Box, other: Image.Image, *, way: int) -> Fit:
    """How well the crop near `box` that fits `other` best does so.

    A box is left, top, right, bottom in `CELLS`. `way` is how `other` is laid down
    (`catalogs.leaks.hashes.ORIENTATIONS`).
    """
    seen = colours_of(laid(_sampled(other, WHOLE), way))
    found = colours_of(_sampled(picture, box))
    best = paled(found, seen)
    if best < HOPELESS:
        return Fit(correlation(found.pixels, seen.pixels), 0.0)
    for step in STEPS:
        for edge in range(4):
            for move in (-step, step):
                tried = _moved(box, edge, move)
                held = colours_of(_sampled(picture, tried))
                score = paled(held, seen)
                if score > best:
                    box, best, found = tried, score, held
        if best < UNPROMISING:
            break
    return Fit(correlation(found.pixels, seen.pixels), toned(found, seen))


def _moved(box: Box, edge: int, move: float) -> Box:
    edges = list(box)
    edges[edge] = min(float(CELLS), max(0.0, edges[edge] + move))
    return (edges[0], edges[1], edges[2], edges[3])


def _sampled(picture: Image.Image, box: Box) -> Pixels:
    """float64 [SAMPLES, SAMPLES, 3] of an RGB picture."""
    x, y = picture.width / CELLS, picture.height / CELLS
    pixels = (box[0] * x, box[1] * y, box[2] * x, box[3] * y)
    return np.asarray(picture.resize((SAMPLES, SAMPLES), BOX, box=pixels), np.float64)
