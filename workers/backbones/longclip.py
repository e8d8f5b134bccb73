"""LongCLIP-L: its checkpoint keeps the image tower of OpenAI's CLIP under ``visual.``, and only that is
loaded.

Long-CLIP (Zhang et al., ECCV 2024) stretches the positions of the text tower; the image tower has CLIP's
form.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from workers.backbones.hub import BATCH, weights_digest
from workers.batching import in_batches
from workers.errors import ModelLoadError
from workers.image_text.interface import Array
from workers.image_text.pixels import on_white

CODE_VERSION = "1"
"""Raise it whenever a change here can change a number."""
ARCHITECTURE = "ViT-L-14-quickgelu"
"""open_clip's name for the tower of longclip-L.pt: OpenAI's CLIP uses the quick form of GELU."""
PREFIX = "visual."


class LongClip:
    """The image tower of a LongCLIP checkpoint, in float32."""

    def __init__(self, weights: str, device: str = "cpu", architecture: str = ARCHITECTURE) -> None:
        import open_clip
        import torch

        if not weights or not Path(weights).is_file():
            raise ModelLoadError(
                f"LongCLIP needs its checkpoint, {weights or 'none'} is no file: give --weights "
                "LongCLIP=/path/to/longclip-L.pt, or leave it out with --skip-unloadable"
            )
        try:
            stored = torch.load(weights, map_location="cpu", weights_only=True)
            model, _, self._transform = open_clip.create_model_and_transforms(architecture)
            tower: Any = model.visual
            state = {k.removeprefix(PREFIX): v.float() for k, v in stored.items() if k.startswith(PREFIX)}
            tower.load_state_dict(state)
        except Exception as error:  # torch, pickle and open_clip each raise their own
            raise ModelLoadError(
                f"{weights} is no LongCLIP checkpoint ({error}): give longclip-L.pt"
            ) from error
        self._tower: Any = tower.to(device).eval().requires_grad_(False)
        self._device = device
        self.revision = f"{CODE_VERSION}-{weights_digest(self._tower)}"

    def features(self, images: Sequence[Image.Image]) -> Array:
        """float32 [n, dim], normalised."""
        import torch

        def encode(some: Sequence[Image.Image]) -> list[Array]:
            batch = torch.stack([self._transform(on_white(image)) for image in some])
            vectors = self._tower(batch.to(self._device)).float()
            return list(torch.nn.functional.normalize(vectors, dim=-1).cpu().numpy())

        with torch.inference_mode():
            rows = in_batches(images, BATCH, encode)
        return np.stack(rows) if rows else np.empty((0, 0), np.float32)
