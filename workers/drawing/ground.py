"""The ground of a reference: what a smooth surface fitted to the picture's frame explains, flooded from
the frame inwards. Parts of the subject that have the ground's colour stay in, because the flood cannot
reach them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

FRAME = 0.025
"""Width of the frame that the ground is read from, as a share of the side."""

GROUND_STEP = 18.0
"""A pixel within this many levels (largest channel) of the ground beside it is ground. JPEG at quality 70
moves flat areas by up to 12 levels beside strong edges; the faintest fills of flat drawings lie 20 off
white."""

FLAT = 14
"""Levels that a 3 x 3 neighbourhood of ground may span after a median filter: out-of-focus discs and
gradients span up to 8, outlines at working size 60 and more."""

NEAR_SURFACE = 64.0
"""Levels (largest channel) that ground may lie off the fitted surface: out-of-focus discs lie up to 40
off."""

WHITE_GROUND = 236
"""A ground with every channel above this is white: photographs of things for sale lie at 240 to 255."""

FRAME_EXPLAINED = 0.72
"""Share of the frame that the surface must explain. A subject that is cut by one edge of four leaves 0.75."""

LEAST_PART = 0.02
"""Parts below this share of the largest part are specks."""

SUBJECT_RANGE = (0.01, 0.93)
"""Share of the picture that a subject covers; outside it the cut is not believed."""


def ground_mask(pixels: Any) -> Any:
    """bool [h, w], True on the subject; None where no ground can be separated. `pixels`: uint8 [h, w, 3]."""
    import cv2

    surface = _fitted_ground(pixels)
    if surface is None:
        return None
    square = np.ones((3, 3), np.uint8)
    calm = cv2.medianBlur(pixels, 3)
    span = largest_channel(cv2.subtract(cv2.dilate(calm, square), cv2.erode(calm, square)))
    near = largest_channel(np.abs(pixels.astype(np.float32) - surface)) < NEAR_SURFACE
    labels = cv2.connectedComponents(((span < FLAT) & near).astype(np.uint8), connectivity=4)[1]
    ground = np.isin(labels, np.setdiff1d(_frame_values(labels, 1), [0]))
    ground = _grown_to_outline(pixels, ground) | _holes(pixels, surface)
    subject = cv2.morphologyEx((~ground).astype(np.uint8), cv2.MORPH_OPEN, square)
    mask = without_specks(subject, LEAST_PART)
    return mask if SUBJECT_RANGE[0] <= mask.mean() <= SUBJECT_RANGE[1] else None


def _holes(pixels: Any, surface: Any) -> Any:
    """bool [h, w]: see-through parts, which the flood cannot reach: they show the very colour of the ground.

    On a white ground nothing is called a hole: white is what bodies and pages are.
    """
    import cv2

    if surface.min() > WHITE_GROUND:
        return np.zeros(pixels.shape[:2], bool)
    alike = largest_channel(np.abs(pixels.astype(np.float32) - surface)) < GROUND_STEP / 2
    return cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)) > 0


def _grown_to_outline(pixels: Any, ground: Any) -> Any:
    """Add the rim that the flatness test left between ground and outline: what has the colour of the
    ground beside."""
    import cv2

    window = (9, 9)
    inside = ground.astype(np.uint8)
    weight = cv2.boxFilter(inside, cv2.CV_32F, window, normalize=False)
    beside = cv2.boxFilter(pixels * inside[..., None], cv2.CV_32F, window, normalize=False)
    beside /= np.maximum(weight, 1.0)[..., None]
    alike = largest_channel(cv2.absdiff(pixels.astype(np.float32), beside)) < GROUND_STEP
    reach = cv2.dilate(inside, np.ones((7, 7), np.uint8)) > 0
    return ground | (alike & reach)


def without_specks(mask: Any, least: float) -> Any:
    """Keep the connected parts of at least `least` of the largest part's area: uint8 [h, w] -> bool [h,
    w]."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not len(areas):
        return np.zeros(mask.shape, bool)
    return np.isin(labels, 1 + np.flatnonzero(areas >= least * areas.max()))


def largest_channel(array: Any) -> Any:
    """[h, w, 3] -> [h, w]; ten times faster than a reduction over a last axis of three."""
    return np.maximum(np.maximum(array[..., 0], array[..., 1]), array[..., 2])


def _fitted_ground(pixels: Any) -> Any:
    """float32 [h, w, 3]: a quadratic surface a channel through the frame; None where it does not fit."""
    height, width = pixels.shape[:2]
    terms = _surface_terms(height, width)
    thickness = max(2, round(FRAME * min(height, width)))
    basis = _frame_values(terms, thickness)[::4].astype(np.float64)
    seen = _frame_values(pixels, thickness)[::4].astype(np.float64)
    near = largest_channel(np.abs(seen - np.median(seen, axis=0))) < NEAR_SURFACE
    for _ in range(3):
        if near.mean() < FRAME_EXPLAINED / 2:
            return None
        inside = basis[near]
        weights = np.linalg.solve(inside.T @ inside + 1e-6 * np.eye(6), inside.T @ seen[near])
        near = largest_channel(np.abs(seen - basis @ weights)) < NEAR_SURFACE * 0.7
    if near.mean() < FRAME_EXPLAINED:
        return None
    return terms @ weights.astype(np.float32)


@lru_cache(maxsize=32)
def _surface_terms(height: int, width: int) -> Any:
    """float32 [h, w, 6]: 1, x, y, xy, x², y² over -1..1."""
    down, across = (np.linspace(-1, 1, side, dtype=np.float32) for side in (height, width))
    y, x = np.meshgrid(down, across, indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=2)


def _frame_values(array: Any, thickness: int) -> Any:
    """The values along the four edges, flattened to [n] or [n, channels]."""
    t = thickness
    edges = (array[:t], array[-t:], array[t:-t, :t], array[t:-t, -t:])
    tail = array.shape[2:]
    return np.concatenate([edge.reshape(-1, *tail) for edge in edges])
