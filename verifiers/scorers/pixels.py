"""Measurements of a picture that need no model: sharpness and composition, shares 0..1."""

from __future__ import annotations

from typing import Any

import numpy as np

from verifiers.regions import Regions

SIDE = 256
"""Pixels at which sharpness is measured, so that a large soft picture and a small one compare."""
REBLUR = 9
"""Width of the box that blurs the picture again (Crete et al., The Blur Effect, SPIE 6492, 2007, 2.1)."""
FILLED = (0.075, 0.48)
"""Share of the picture that a well-placed subject fills: 5 % of the proven drawings of the default world show
less, 5 % of its true pictures more (120 entities, ``make bench CASE=judge``)."""


def sharpness(image: Any) -> float:
    """1 minus the blur effect: how much of the variation between neighbours a second blur takes away."""
    grey = np.asarray(image.convert("L").resize((SIDE, SIDE)), np.float64)
    kept = []
    for pixels in (grey, grey.T):
        padded = np.pad(np.cumsum(pixels, axis=0), ((1, 0), (0, 0)))
        blurred = (padded[REBLUR:] - padded[:-REBLUR]) / REBLUR
        before = np.abs(np.diff(pixels[REBLUR // 2 : REBLUR // 2 + len(blurred)], axis=0))
        after = np.abs(np.diff(blurred, axis=0))
        lost = np.maximum(0.0, before - after).sum()
        kept.append(1.0 - lost / before.sum() if before.sum() else 1.0)
    return float(1.0 - max(kept))


def composition(regions: Regions) -> float:
    """Mean of three: the subject is in the middle, fills a fair share, and stands off from its ground."""
    if regions.whole:
        return 0.5
    height, width = regions.mask.shape
    rows, columns = np.nonzero(regions.mask)
    off = abs(columns.mean() / width - 0.5) + abs(rows.mean() / height - 0.5)
    share = float(regions.mask.mean())
    fair = min(1.0, share / FILLED[0], (1.0 - share) / (1.0 - FILLED[1]))
    ground = np.broadcast_to(regions.ground[:, None, :], regions.pixels.shape)
    contrast = np.abs(regions.pixels[regions.mask] - ground[regions.mask]).max(axis=1).mean() / 255
    return float(np.mean([max(0.0, 1.0 - 2 * off), fair, min(1.0, 2 * contrast)]))
