"""BAGEL's rules for web pictures (Table 2): address, sides, aspect ratio, clarity; measured, not decided."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

import numpy as np
from PIL import Image

from catalogs.digests import rounded, rounded_values
from catalogs.records import Candidate, PictureScores
from catalogs.stage import Row
from filters.base import PictureFilter, ScoredPicture
from filters.hygiene import is_clean
from filters.pictures import decode, shrunk

CLARITY_SIDE = 256
"""Longest side, in pixels, at which clarity is measured, so that one figure fits pictures of all sizes."""

ICON_WORDS = re.compile(r"icon|widget", re.IGNORECASE)
"""BAGEL, Table 2: pictures whose address contains these words are dropped."""

EDGE_RANGE = 40.0
"""Grey levels between the darkest and lightest pixel of a 7x7 window that make it an edge: above JPEG ringing
and the noise of flat grounds (at most 25 on the sample web), below the outlines of drawings (over 60)."""


class Rules(PictureFilter):
    """Writes `rules`:

    - `address_words`: 1 when the picture's address contains "icon" or "widget"
    - `shortest`, `longest`: sides in pixels
    - `aspect`: width over height
    - `clarity`: variance of the Laplacian (grey levels 0..255) at `CLARITY_SIDE`; depends on how much
      texture there is
    - `sharpness`: 0..0.5, steepness of the edges relative to their height (see `edge_sharpness`); does not
    """

    name, version = "rules", "1"
    reads: ClassVar[tuple[str, ...]] = ("image_trace", "hygiene")
    optional = ("rules", "references")
    writes = ("rules",)

    def context(self, row: Row, candidate: Candidate) -> Hashable:
        return has_icon_words(candidate.picture.origin.url)

    def score_one(self, picture: ScoredPicture) -> PictureScores:
        hygiene = picture.of("hygiene")
        width, height = hygiene.values["width"], hygiene.values["height"]
        values = {
            "address_words": float(has_icon_words(picture.candidate.picture.origin.url)),
            "shortest": min(width, height),
            "longest": max(width, height),
            "aspect": width / height if height else 0.0,
        }
        if is_clean(hygiene):
            grey = grey_levels(decode(picture.data))
            values["clarity"] = rounded(laplacian_variance(grey), 1)
            values["sharpness"] = edge_sharpness(grey)
        return PictureScores(sha256=picture.sha256, values=rounded_values(values))


def has_icon_words(url: str) -> bool:
    """Looks at path and query; a host such as ``silicon.example`` says nothing of the picture."""
    parts = urlsplit(url)
    return ICON_WORDS.search(unquote(f"{parts.path}?{parts.query}")) is not None


def grey_levels(image: Image.Image) -> Any:
    """float32 [h, w] in 0..255, longest side at most `CLARITY_SIDE`."""
    return np.asarray(shrunk(image, CLARITY_SIDE).convert("L"), dtype=np.float32)


def laplacian_variance(grey: Any) -> float:
    """Variance of the 4-neighbour Laplacian (Pech-Pacheco et al., ICPR 2000): low where all edges are
    soft."""
    import cv2

    return float(cv2.Laplacian(grey, cv2.CV_32F).var())


def edge_sharpness(grey: Any) -> float:
    """Upper quartile over the edges of (largest central difference) / (range of grey levels around): 0..0.5.

    A step between two pixels gives 0.5 at any contrast; a step blurred by a Gaussian of deviation s gives
    about 0.4 / s. Flat areas do not count, so a flat drawing is not mistaken for a blurred photograph.
    0 where the picture holds no edge at all: a soft blur leaves none.
    """
    import cv2

    window = np.ones((7, 7), np.uint8)
    heights = cv2.dilate(grey, window) - cv2.erode(grey, window)
    rows, columns = np.gradient(grey)
    slopes = cv2.dilate(np.hypot(rows, columns).astype(np.float32), np.ones((3, 3), np.uint8))
    edges = heights > EDGE_RANGE
    if not edges.any():
        return 0.0
    ratios = np.minimum(slopes[edges] / heights[edges], 0.5)
    return rounded(float(np.quantile(ratios, 0.75)))
