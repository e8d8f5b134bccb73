"""CLIP, SigLIP and their kin through transformers, from a local folder or the hub's local cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image

from catalogs.digests import digest_of
from workers.checkpoints import checkpoint_digest, find_checkpoint
from workers.devices import check_device
from workers.errors import ModelLoadError
from workers.image_text.interface import ImageTextModel
from workers.image_text.pixels import on_white
from workers.image_text.two_towers import TwoTowers
from workers.quiet import hide_bars

CODE_VERSION = "1"
"""Raise it whenever a change here can change a number."""
_FILLED = frozenset({"siglip", "siglip2"})
"""Models that were trained on texts filled up to their full length (SigLIP's model card)."""
_SIGLIP_TOKENS = 64


class HubImageText(TwoTowers):
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

    def _pixels(self, image: Image.Image) -> Any:
        return self._pictures(images=on_white(image), return_tensors="pt")["pixel_values"][0]

    def _encode_images(self, batch: Sequence[Any]) -> Any:
        import torch

        pixels = torch.stack([one.result() for one in batch])
        pixels = pixels.to(self._settings.device, self._dtype)
        return self._model.get_image_features(pixel_values=pixels).pooler_output

    def _encode_texts(self, batch: Sequence[str]) -> Any:
        tokens = self._words(list(batch), return_tensors="pt", truncation=True, **self._length)
        return self._model.get_text_features(**tokens.to(self._settings.device)).pooler_output


def revision_of(weights: str, settings: ImageTextModel) -> str:
    """Code, precision, and a digest over the checkpoint. Loads nothing."""
    folder = find_checkpoint(weights, settings.revision, download=settings.download)
    precision = settings.precision("float16")
    return f"{CODE_VERSION}-{precision}-{digest_of([checkpoint_digest(folder)])[:16]}"
