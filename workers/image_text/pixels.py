"""From a picture of any mode and size to the tensor the image tower reads.

Constants: side 224 is the resolution EfficientNet-lite0 was trained at; mean and deviation 0.5 map
pixels to [-1, 1] (timm, ``tf_efficientnet_lite0`` default configuration).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

SIDE = 224
"""Pixels; the tower's input is ``SIDE`` x ``SIDE``."""

WHITE = (255, 255, 255)


def on_white(image: Image.Image) -> Image.Image:
    """The picture as RGB, with any transparency composited on white."""
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, (*WHITE, 255))
        return Image.alpha_composite(ground, rgba).convert("RGB")
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return Image.fromarray(_to_bytes(np.asarray(image, dtype=np.float64))).convert("RGB")
    return image.convert("RGB")


def _to_bytes(values: Any) -> Any:
    """Stretch a 16- or 32-bit gray array to 0..255; PIL's own conversion would clip it."""
    low, high = float(values.min()), float(values.max())
    if high <= 255.0 and low >= 0.0:
        return values.astype(np.uint8)
    return ((values - low) * (255.0 / max(high - low, 1e-9))).astype(np.uint8)


def to_array(image: Image.Image) -> Any:
    """float32 [3, 224, 224] in [-1, 1]: the whole picture, squeezed to a square.

    The whole picture, not a centre crop: the subject may stand at the edge. Nothing is said about
    orientation tags; turn pictures upright when they are decoded.
    """
    square = on_white(image).resize((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=3.0)
    scaled = np.asarray(square, dtype=np.float32) / np.float32(127.5) - np.float32(1.0)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))
