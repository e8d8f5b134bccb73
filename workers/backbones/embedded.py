"""The embedded backbones: the two views of the packaged LiT model."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from workers.image_text.handle import ImageTextWorker
from workers.image_text.interface import Array


class EmbeddedFeatures:
    """`view` is a field of `workers.image_text.interface.EncodedImages`."""

    def __init__(self, view: str) -> None:
        self._model = ImageTextWorker().load()
        self._view = view
        self.revision = self._model.revision

    def features(self, images: Sequence[Image.Image]) -> Array:
        """float32 [n, dim], normalised."""
        encoded: Array = getattr(self._model.encode_images(images), self._view)
        return encoded
