"""CLIP, SigLIP and their kin through transformers, from a local folder or the hub's local cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from catalogs.digests import digest_of
from workers.batching import in_batches
from workers.checkpoints import checkpoint_digest, find_checkpoint
from workers.devices import check_device
from workers.errors import ModelLoadError
from workers.image_text.interface import Array, EncodedImages, ImageTextModel
from workers.image_text.pixels import on_white
from workers.image_text.preparing import prepared
from workers.quiet import hide_bars

CODE_VERSION = "1"
"""Raise it whenever a change here can change a number."""
_FILLED = frozenset({"siglip", "siglip2"})
"""Models that were trained on texts filled up to their full length (SigLIP's model card)."""
_SIGLIP_TOKENS = 64


class HubImageText:
    """A two-tower model behind the :class:`~workers.image_text.interface.ImageText` interface.

    float32 on a CPU, float16 on a GPU unless told otherwise. ``image_features`` are the embeddings.
    """

    def __init__(self, weights: str, settings: ImageTextModel) -> None:
        import torch
        import transformers

        models: Any = transformers
        folder = find_checkpoint(weights, settings.revision, download=settings.download)
        check_device(settings.device)
        hide_bars()
        self._dtype = getattr(torch, settings.precision("float16"))
        try:
            self._pictures: Any = models.AutoImageProcessor.from_pretrained(folder, local_files_only=True)
            self._words: Any = models.AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model: Any = models.AutoModel.from_pretrained(folder, dtype=self._dtype, local_files_only=True)
            if not hasattr(model, "get_text_features"):
                raise TypeError(f"{type(model).__name__} has no text tower")
        except Exception as error:  # transformers, torch and safetensors each raise their own
            raise ModelLoadError(
                f"{weights} could not be loaded ({type(error).__name__}: {error}): give a CLIP or SigLIP "
                f"checkpoint; a DINO model goes behind one of these, as ?features={weights}"
            ) from error
        self._model = model.to(settings.device).eval().requires_grad_(False)
        self._settings = settings
        filled = model.config.model_type in _FILLED
        self._length: dict[str, Any] = (
            {"padding": "max_length", "max_length": _SIGLIP_TOKENS} if filled else {"padding": True}
        )
        self.name = f"transformers:{weights}"
        self.revision = revision_of(weights, settings)
        self.dim = self.feature_dim = self.embed_texts(["x"]).shape[1]

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

    def _pixels(self, image: Image.Image) -> Any:
        return self._pictures(images=on_white(image), return_tensors="pt")["pixel_values"][0]

    def _encode_images(self, batch: Sequence[Any]) -> Any:
        import torch

        pixels = torch.stack([one.result() for one in batch])
        return self._model.get_image_features(pixel_values=pixels.to(self._settings.device, self._dtype))

    def _encode_texts(self, batch: Sequence[str]) -> Any:
        tokens = self._words(list(batch), return_tensors="pt", truncation=True, **self._length)
        return self._model.get_text_features(**tokens.to(self._settings.device))

    def _run(self, inputs: Sequence[Any], encode: Callable[[Sequence[Any]], Any]) -> Array:
        import torch

        def normalised(batch: Sequence[Any]) -> Any:
            vectors = encode(batch).pooler_output.float()
            return torch.nn.functional.normalize(vectors, dim=-1).cpu().numpy()

        with torch.inference_mode():
            rows = in_batches(inputs, self._settings.batch, normalised)
        return np.stack(rows) if rows else np.empty((0, self.dim), np.float32)


def revision_of(weights: str, settings: ImageTextModel) -> str:
    """Code, precision, and a digest over the checkpoint. Loads nothing."""
    folder = find_checkpoint(weights, settings.revision, download=settings.download)
    precision = settings.precision("float16")
    return f"{CODE_VERSION}-{precision}-{digest_of([checkpoint_digest(folder)])[:16]}"
