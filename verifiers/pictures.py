"""Encoded pictures as pixels, whatever their mode: one way to get them, with one error."""

from __future__ import annotations

import io
import warnings
from typing import Any


def decoded(data: bytes) -> Any:
    """An RGB PIL picture, upright, on white; raises ValueError when it cannot be decoded."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as image:
                rgba = ImageOps.exif_transpose(image).convert("RGBA")
    except Exception as error:  # Pillow's decoders raise nearly anything on hostile bytes
        raise ValueError(f"not a picture that can be decoded: {error}") from error
    white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, rgba).convert("RGB")
