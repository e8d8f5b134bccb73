"""Scene checks on pixels: does a drawing show the count, place and light that the prompt asks for, and the
colours of the ground truth? Each is a score of 0..1; a score of 0.5 is the point of doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from catalogs.records import Scene
from verifiers.regions import Regions, copies_by_area, groups
from workers import palette
from workers.scenes import LIGHTS, PLACES

HUES = 12
"""Bins of 30 degrees: red, orange, yellow, ... fall into bins of their own."""

COLOURFUL = 0.25
"""Least saturation (HSV, 0..1) of a pixel that has a hue to speak of."""

DARK = 0.18
"""Brightness, as a share of the subject's brightest, below which a pixel is outline; black fur and
coal of flat drawings lie at 0.25."""

SAMPLED = 4
"""Every fourth pixel is looked at: some thousands, of which shares are good to 1 %."""

DARK_WEIGHT = 0.3
"""What a dark pixel counts: outlines are a quarter of a drawing and say nothing of its colours."""

LEAST_WHITE = 120.0
"""Level that the brightest fiftieth of a subject is taken for at least: a black animal has no white."""

LIGHT_GREY = 0.60
"""The same, from which a pixel without hue is white or light grey, not grey."""


def scene_checks(drawing: Regions, truth: Regions, scene: Scene) -> dict[str, float]:
    """The four checks: ``count``, ``place`` and ``light`` against the prompt's scene, ``colours`` against
    the truth."""
    sky, ground = drawing.band
    gain = LIGHTS[scene.light].gain
    grounds = {key: np.asarray(place.ground) * gain for key, place in PLACES.items()}
    skies = {key: np.asarray(light.sky) for key, light in LIGHTS.items()}
    return {
        "count": count_check(drawing, truth, scene.count),
        "place": nearness(ground, grounds, scene.place),
        "light": nearness(sky, skies, scene.light),
        "colours": colour_check(drawing, truth),
    }


def nearness(seen: Any, expected: Mapping[str, Any], wanted: str) -> float:
    """1 on the colour that is wanted, 0.5 half way to the nearest other one, 0 from there on: CIELAB
    distances."""
    keys = sorted(expected)
    colours = palette.to_lab(np.array([np.round(expected[key]) for key in keys], dtype=np.uint8))
    target = colours[keys.index(wanted)]
    away = np.linalg.norm(colours - target, axis=1)
    spacing = float(away[away > 0].min())
    off = float(np.linalg.norm(palette.to_lab(seen[None, :])[0] - target))
    return min(1.0, max(0.0, 1.0 - off / spacing))


def count_check(drawing: Regions, truth: Regions, wanted: int) -> float:
    """1 for the right number of subjects, less by 1 / wanted for each one off.

    Counted twice: groups of parts that stand apart, and areas, which is right for subjects in several parts
    (a pair of gloves) but not for copies that touch. The count nearer to what is wanted stands.
    """
    if drawing.whole:
        return 1.0 if wanted == 1 else 0.0
    counts = (len(groups(drawing.mask)), round(copies_by_area(drawing.mask, truth.mask)))
    return max(0.0, 1.0 - min(abs(count - wanted) for count in counts) / wanted)


def colour_check(drawing: Regions, truth: Regions) -> float:
    """Overlap of the colour histograms of both subjects, 0..1. The brightness of the scene's light drops
    out."""
    return float(np.minimum(_histogram(drawing), _histogram(truth)).sum())


def _histogram(regions: Regions) -> Any:
    """float64 [HUES + 3], sums to 1: hues (each pixel split between two bins), white, grey, and dark."""
    subject = regions.pixels[regions.mask][::SAMPLED].astype(np.float64)
    value, low = _extremes(subject)
    brightness = value / max(float(np.percentile(value, 98)), LEAST_WHITE)
    dark = brightness < DARK
    hued = ~dark & (value - low >= COLOURFUL * value)
    place = _hue(subject[hued]) * HUES
    lower, part = np.floor(place).astype(int), place % 1.0
    histogram = np.zeros(HUES + 3)
    histogram[:HUES] = np.bincount(lower % HUES, 1.0 - part, HUES) + np.bincount(
        (lower + 1) % HUES, part, HUES
    )
    white = brightness[~dark & ~hued] >= LIGHT_GREY
    histogram[HUES:] = white.sum(), (~white).sum(), DARK_WEIGHT * dark.sum()
    return histogram / max(float(histogram.sum()), 1.0)


def _extremes(pixels: Any) -> tuple[Any, Any]:
    """Largest and smallest channel of [n, 3]; ten times faster than reductions over a last axis of three."""
    red, green, blue = pixels.T
    return np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)


def _hue(pixels: Any) -> Any:
    """HSV hue in 0..1 of float pixels [n, 3] that are not grey."""
    value, low = _extremes(pixels)
    span = np.maximum(value - low, 1e-9)
    red, green, blue = pixels.T
    sixth = np.select(
        [value == red, value == green],
        [(green - blue) / span % 6.0, (blue - red) / span + 2.0],
        (red - green) / span + 4.0,
    )
    return sixth / 6.0 % 1.0
