"""What any OCR engine gives: the lines of text in a picture, with where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec
from PIL import Image

Corner = tuple[float, float]


class TextLine(msgspec.Struct, frozen=True, kw_only=True):
    """One detected line."""

    corners: tuple[Corner, Corner, Corner, Corner]
    """Clockwise from top left, as shares 0..1 of the picture's width and height."""
    text: str = ""
    """Empty where the line was detected but not read (beyond the engine's limit, or below its confidence)."""
    confidence: float = 0.0
    """0..1, of the recognition."""

    @property
    def area(self) -> float:
        """Share 0..1 of the picture that the line covers (shoelace formula)."""
        shifted = self.corners[1:] + self.corners[:1]
        pairs = zip(self.corners, shifted, strict=True)
        return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2


class Reader(Protocol):
    """A loaded OCR engine."""

    def read(self, images: Sequence[Image.Image]) -> list[list[TextLine]]:
        """The lines of each RGB picture, top to bottom, left to right."""
        ...
