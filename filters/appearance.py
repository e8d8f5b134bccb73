"""What the subject of a picture looks like against its ground: which pixels are subject, and in which
colours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from filters.pictures import shrunk
from workers import palette

SIDE = 96
"""Longest side, in pixels, at which subject and colours are measured: shares are good to 1 %, and it takes 6
ms."""

BORDER_SHARE = 0.04
"""Width of the border that is taken for ground, as a share of the shorter side."""

GROUND_COLOURS = 4
"""Shades of ground told apart: a scene shows sky and land, each in light and shade."""

GROUND_DISTANCE = 14.0
"""CIELAB distance to the nearest ground shade above which a pixel is subject: about six just-noticeable
differences of 2.3 (Mahy et al., 1994), above the noise of JPEG and of grained grounds."""

LEAST_SHARE = 0.08
"""Share of the subject below which a colour is not worth naming: outlines and specks."""

MOST_COLOURS = 3


@dataclass(frozen=True)
class Appearance:
    """Colours and place of the subject."""

    subject: Any
    """bool [h, w], longest side at most `SIDE`: True where the subject is."""
    colours: tuple[str, ...]
    """Keys of `workers.palette`, most frequent first, at most `MOST_COLOURS`."""
    ground: tuple[str, ...]
    """Keys of the border's colours, most frequent first."""

    @property
    def area(self) -> float:
        """Share 0..1 of the picture that is subject."""
        return float(self.subject.mean())

    @property
    def offset(self) -> float:
        """Distance of the subject's centre from the picture's, as a share of half the diagonal: 0..1."""
        if not self.subject.any():
            return 0.0
        height, width = self.subject.shape
        rows, columns = np.nonzero(self.subject)
        down, right = (rows.mean() + 0.5) / height - 0.5, (columns.mean() + 0.5) / width - 0.5
        return float(np.hypot(down, right) / np.hypot(0.5, 0.5))

    @property
    def border_contact(self) -> float:
        """Share 0..1 of the outermost pixels that belong to the subject: a cut or a page-filling subject."""
        edges = (self.subject[0], self.subject[-1], self.subject[:, 0], self.subject[:, -1])
        return float(np.concatenate(edges).mean())


def appearance_of(image: Image.Image) -> Appearance:
    """Measure an RGB picture. The ground is what its border shows."""
    pixels = np.asarray(shrunk(image, SIDE), dtype=np.uint8)
    height, width = pixels.shape[:2]
    margin = max(2, round(BORDER_SHARE * min(height, width)))
    frame = np.zeros((height, width), dtype=bool)
    frame[:margin], frame[-margin:], frame[:, :margin], frame[:, -margin:] = True, True, True, True
    shades = _main_shades(pixels[frame])
    lab = palette.to_lab(pixels.reshape(-1, 3))
    distance = np.sqrt(((lab[:, None, :] - shades[None, :, :]) ** 2).sum(axis=2)).min(axis=1)
    subject = _without_specks((distance > GROUND_DISTANCE).reshape(height, width))
    return Appearance(subject, _named(pixels[subject]), _named(pixels[frame]))


def _main_shades(border: Any) -> Any:
    """float64 [<= GROUND_COLOURS, 3]: mean CIELAB of the border's most frequent coarse shades (8 levels a
    channel)."""
    coarse = (border // 32).astype(np.int64) @ np.array([64, 8, 1])
    counts = np.bincount(coarse, minlength=512)
    bins = [
        bin_
        for bin_ in np.argsort(-counts, kind="stable")[:GROUND_COLOURS]
        if counts[bin_] >= len(border) / 20
    ]
    return np.array(
        [palette.to_lab(border[coarse == bin_]).mean(axis=0) for bin_ in bins or [int(counts.argmax())]]
    )


def _without_specks(mask: Any) -> Any:
    """Morphological opening by a 3x3 square: noise and thin lines are no subject."""
    import cv2

    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, _square())
    return opened.astype(bool)


@lru_cache(maxsize=1)
def _square() -> Any:
    return np.ones((3, 3), np.uint8)


def _named(pixels: Any) -> tuple[str, ...]:
    shares = palette.shares(pixels)
    order = sorted(range(len(palette.KEYS)), key=lambda index: (-shares[index], index))
    return tuple(palette.KEYS[index] for index in order[:MOST_COLOURS] if shares[index] >= LEAST_SHARE)
