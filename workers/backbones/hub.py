"""CLIP, DINOv2 and DINOv3 through transformers, as the published scripts use them.

CLIP gives the projected image embedding (``get_image_features``), DINO the CLS token of the last hidden
state; both are brought to length 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from workers.batching import in_batches
from workers.errors import ModelLoadError
from workers.image_text.interface import Array
from workers.image_text.preparing import prepared

CODE_VERSION = "1"
"""Raise it whenever a change here can change a number."""
BATCH = 16
"""Pictures a forward pass."""


class HubFeatures:
    """A backbone from a local folder or the hub; float32 for scores that compare with published ones."""

    def __init__(
        self, kind: str, weights: str, device: str = "cpu", *, dtype: str = "float32", batch: int = BATCH
    ) -> None:
        import torch
        import transformers

        models: Any = transformers
        loader = models.CLIPVisionModelWithProjection if kind == "CLIP" else models.AutoModel
        try:
            self._processor: Any = models.AutoImageProcessor.from_pretrained(weights)
            model: Any = loader.from_pretrained(weights, dtype=getattr(torch, dtype))
        except Exception as error:  # transformers, the hub and torch each raise their own
            raise ModelLoadError(
                f"{kind} could not be loaded from {weights!r} ({error}): "
                f"give the folder of its weights with --weights {kind}=FOLDER, "
                "or leave it out with --skip-unloadable"
            ) from error
        self._model: Any = model.to(device).eval().requires_grad_(False)
        self._projected = kind == "CLIP"
        self._batch = batch
        self._device = device
        self.revision = f"{CODE_VERSION}-{weights_digest(self._model)}"

    def features(self, images: Sequence[Image.Image]) -> Array:
        """float32 [n, dim], normalised."""
        import torch

        def encode(batch: Sequence[Any]) -> Any:
            pixels = torch.stack([one.result() for one in batch])
            out = self._model(pixel_values=pixels.to(self._device, self._model.dtype))
            vectors = out.image_embeds if self._projected else out.last_hidden_state[:, 0]
            return torch.nn.functional.normalize(vectors.float(), dim=-1).cpu().numpy()

        with prepared(images, self._pixels) as ready, torch.inference_mode():
            rows = in_batches(ready, self._batch, encode)
        return np.stack(rows) if rows else np.empty((0, 0), np.float32)

    def _pixels(self, image: Image.Image) -> Any:
        return self._processor(images=image.convert("RGB"), return_tensors="pt")["pixel_values"][0]


def weights_digest(model: Any) -> str:
    """16 hex digits over every weight, in order."""
    import torch

    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()[:16]
