"""What a backbone is: pictures in, one vector each out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PIL import Image

from workers.image_text.interface import Array


class Features(Protocol):
    """A loaded backbone."""

    revision: str
    """Tells weights and code apart; part of a stage's fingerprint."""

    def features(self, images: Sequence[Image.Image]) -> Array:
        """float32 [n, dim], each row of length 1, from RGB pictures."""
        ...
