"""Pictures as targets read them: sizes, transparency, and smaller copies."""

from __future__ import annotations

import io

from PIL import Image

from catalogs.exports.errors import LeftOutError

_UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")
JPEG_QUALITY = 95
"""Highest quality of Pillow's documentation before file size grows without visible gain."""


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height, from the header; raises `LeftOutError` for what is no picture."""
    with _opened(data) as image:
        return image.size


def is_transparent(data: bytes) -> bool:
    """Whether any pixel is not opaque. Loaders that convert to RGB show what lies under such pixels."""
    with _opened(data) as image:
        if image.mode not in _ALPHA and "transparency" not in image.info:
            return False
        alpha = image.convert("RGBA").getchannel("A")
        return any(alpha.histogram()[:255])


def flattened(data: bytes) -> bytes:
    """The picture on white where it is transparent, as PNG; as it is where it is not."""
    if not is_transparent(data):
        return data
    with _opened(data) as image:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return _encoded(Image.alpha_composite(ground, layer).convert("RGB"), "PNG")


def shrunk(data: bytes, size: tuple[int, int]) -> bytes:
    """The picture scaled to `size`: PNG stays PNG, all else becomes JPEG."""
    with _opened(data) as image:
        form = "PNG" if image.format == "PNG" else "JPEG"
        mode = "RGBA" if form == "PNG" and is_transparent(data) else "RGB"
        return _encoded(image.convert(mode).resize(size, Image.Resampling.LANCZOS), form)


def problem_of(data: bytes) -> str:
    """What keeps a loader from decoding a picture; empty where nothing does."""
    try:
        with _opened(data) as image:
            image.convert("RGB")
    except (LeftOutError, *_UNREADABLE) as error:
        return str(error)
    return ""


def _opened(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data))
    except _UNREADABLE as error:
        raise LeftOutError("unreadable-picture", str(error)) from error


def _encoded(image: Image.Image, form: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **({"quality": JPEG_QUALITY, "subsampling": 0} if form == "JPEG" else {}))
    return buffer.getvalue()
