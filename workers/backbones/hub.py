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

from workers.errors import ModelLoadError
from workers.image_text.interface import Array

CODE_VERSION = "1"
"""Raise it whenever a change here can change a number."""
BATCH = 16
"""Pictures a forward pass."""


class HubFeatures:
    """A backbone from a local folder or the hub, in float32."""

    def __init__(self, kind: str, weights: str, device: str = "cpu") -> None:
        import transformers

        models: Any = transformers
        loader = models.CLIPVisionModelWithProjection if kind == "CLIP" else models.AutoModel
        try:
            self._processor: Any = models.AutoImageProcessor.from_pretrained(weights)
            self._model: Any = loader.from_pretrained(weights).to(device).eval().requires_grad_(False)
        except Exception as error:  # transformers, the hub and torch each raise their own
            raise ModelLoadError(
                f"{kind} could not be loaded from {weights!r} ({error}): "
                f"give the folder of its weights with --weights {kind}=FOLDER, "
                "or leave it out with --skip-unloadable"
            ) from error
        self._projected = kind == "CLIP"
        self._device = device
        self.revision = f"{CODE_VERSION}-{weights_digest(self._model)}"

    def features(self, images: Sequence[Image.Image]) -> Array:
        """float32 [n, dim], normalised."""
        import torch

        rows = []
        with torch.inference_mode():
            for start in range(0, len(images), BATCH):
                batch = [image.convert("RGB") for image in images[start : start + BATCH]]
                pixels = self._processor(images=batch, return_tensors="pt")["pixel_values"].to(self._device)
                out = self._model(pixel_values=pixels)
                vectors = out.image_embeds if self._projected else out.last_hidden_state[:, 0]
                rows.append(torch.nn.functional.normalize(vectors.float(), dim=-1).cpu().numpy())
        return np.concatenate(rows) if rows else np.empty((0, 0), np.float32)


def weights_digest(model: Any) -> str:
    """16 hex digits over every weight, in order."""
    import torch

    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()[:16]
