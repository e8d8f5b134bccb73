"""What all models of two towers from elsewhere have in common: embeddings in batches, of length 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from workers.batching import in_batches
from workers.image_text.interface import Array, EncodedImages, ImageTextModel
from workers.image_text.preparing import prepared


class TwoTowers:
    """Most of :class:`~workers.image_text.interface.ImageText`. ``image_features`` are the embeddings.

    Subclasses set `dim` and `_settings`, and write `_pixels`, `_encode_images` and `_encode_texts`.
    """

    dim: int
    _settings: ImageTextModel

    def _pixels(self, image: Image.Image) -> Any:
        """One picture as the model's image tower takes it."""
        raise NotImplementedError

    def _encode_images(self, batch: Sequence[Any]) -> Any:
        """Futures of `_pixels` -> tensor [n, dim]."""
        raise NotImplementedError

    def _encode_texts(self, batch: Sequence[str]) -> Any:
        """Texts -> tensor [n, dim]."""
        raise NotImplementedError

    def embed_images(self, images: Sequence[Image.Image]) -> Array:
        """float32 [n, dim], L2-normalised."""
        with prepared(images, self._pixels) as ready:
            return self._run(ready, self._encode_images)

    def embed_texts(self, texts: Sequence[str]) -> Array:
        """float32 [n, dim], L2-normalised; texts are cut at the model's context length."""
        return self._run(texts, self._encode_texts)

    def image_features(self, images: Sequence[Image.Image]) -> Array:
        """The same as :meth:`embed_images`."""
        return self.embed_images(images)

    def encode_images(self, images: Sequence[Image.Image]) -> EncodedImages:
        """Embeddings; the features are the same array."""
        embeddings = self.embed_images(images)
        return EncodedImages(embeddings, embeddings)

    def _run(self, inputs: Sequence[Any], encode: Callable[[Sequence[Any]], Any]) -> Array:
        import torch

        def normalised(batch: Sequence[Any]) -> Any:
            return torch.nn.functional.normalize(encode(batch).float(), dim=-1).cpu().numpy()

        with torch.inference_mode():
            rows = in_batches(inputs, self._settings.batch, normalised)
        return np.stack(rows) if rows else np.empty((0, self.dim), np.float32)
