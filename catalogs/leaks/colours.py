"""How alike two pictures are where the colours of one were changed: made grey, paler, brighter, toned.

Luminance and colour are compared apart, each about its own mean. Another saturation is a factor between the
colours of one picture and of the other, and the best one is fitted; a grey copy is the factor 0. Another
brightness, contrast or gamma is a curve of luminance, and the best one sets the luminance of one picture, in
order, to that of the other. Another hue is neither: it stays another picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.float64]
"""float64 [height, width, 3], 0..255."""

LUMA = np.array([0.299, 0.587, 0.114])
"""Shares of red, green and blue in what a picture in grey shows (ITU-R BT.601, which Pillow takes)."""


@dataclass(frozen=True)
class Colours:
    """A picture taken apart, both parts about their means."""

    pixels: Pixels
    luminance: Pixels
    """[height, width]."""
    chroma: Pixels
    """[height, width, 3]: what is left of each channel without luminance."""

    @cached_property
    def light(self) -> float:
        """Square of the length of the luminance."""
        return float(np.vdot(self.luminance, self.luminance))

    @cached_property
    def colour(self) -> float:
        """Square of the length of the chroma."""
        return float(np.vdot(self.chroma, self.chroma))


def colours_of(pixels: Pixels) -> Colours:
    """Pixels taken apart."""
    luminance = pixels @ LUMA
    chroma = pixels - luminance[..., None]
    return Colours(pixels, luminance - luminance.mean(), chroma - chroma.mean(axis=(0, 1)))


def correlation(one: Pixels, other: Pixels) -> float:
    """-1..1: channels taken together, each about its own mean. Another brightness, contrast or tint of the
    whole does not count, another distribution of colours does."""
    about, against = one - one.mean(axis=(0, 1)), other - other.mean(axis=(0, 1))
    lengths = float(np.linalg.norm(about) * np.linalg.norm(against))
    return float(np.vdot(about, against)) / max(lengths, 1e-9)


def paled(one: Colours, other: Colours) -> float:
    """Correlation -1..1 under the best factor, from 0, between the colours of the two, either way."""
    grey = float(np.vdot(one.luminance, other.luminance)) / max(math.sqrt(one.light * other.light), 1e-9)
    if grey <= 0.0:
        return grey
    hue = float(np.vdot(one.chroma, other.chroma)) / max(math.sqrt(one.colour * other.colour), 1e-9)
    best = 0.0
    for part in (one, other):
        light = 3.0 * part.light  # In RGB the luminance stands in each of three channels.
        fitted = grey**2 * light + max(0.0, hue) ** 2 * part.colour
        best = max(best, fitted / max(light + part.colour, 1e-9))
    return math.sqrt(best)


def toned(one: Colours, other: Colours) -> float:
    """`paled`, with the luminance of one set to that of the other, either way, where that is better."""
    return max(paled(one, other), paled(_set(one, other), other), paled(one, _set(other, one)))


def _set(one: Colours, other: Colours) -> Colours:
    """`one` with the levels of `other`, in their order; pixels of one level stay of one level."""
    levels = (one.pixels @ LUMA).ravel()
    _, level_of = np.unique(np.round(levels), return_inverse=True)
    wanted = np.empty(levels.size)
    wanted[np.argsort(levels, kind="stable")] = np.sort((other.pixels @ LUMA).ravel())
    mean = np.bincount(level_of, wanted) / np.bincount(level_of)
    luminance = mean[level_of].reshape(one.luminance.shape)
    return Colours(one.pixels, luminance - luminance.mean(), one.chroma)
