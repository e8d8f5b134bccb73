"""Pictures as models are shown them: upright, not too large, and in formats that every server takes."""

from __future__ import annotations

import io
from typing import Any

from workers.errors import ModelReplyError
from workers.pictures import sniff

SIDE = 1024
"""Pixels of the longer side at most: 1024 x 1024 are 1,369 tokens to Qwen2.5-VL (patches of 28 x 28). A
photograph of 4000 x 3000 would be 15,300 of them, two of which fill its window; Anthropic refuses files of
more than 5 MB."""

TAKEN = frozenset({"image/jpeg", "image/png", "image/webp"})
"""Formats that OpenAI, Anthropic, Gemini and vLLM all take, and the Images API."""

_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})
"""Of pixels that go as they are; CMYK is shown in wrong colours by some."""

_ORIENTATION = 0x0112
"""Exif tag of how a camera was held; 1 is upright. Models are shown the pixels and know nothing of it."""

_LOSSY = frozenset({"image/jpeg", "image/webp"})


def opened(data: bytes) -> Any:
    """The picture, RGB on white, upright, at most `SIDE` on its longer side; raises `ModelReplyError`."""
    from PIL import Image, ImageOps

    from workers.image_text.pixels import on_white

    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.format == "JPEG":
                picture.thumbnail((SIDE, SIDE))  # decodes it at a fraction of its size
            upright = on_white(ImageOps.exif_transpose(picture))
            upright.thumbnail((SIDE, SIDE))
            return upright
    except Exception as error:  # Pillow's decoders raise nearly anything on hostile bytes
        raise ModelReplyError(f"a picture cannot be shown: {error}") from error


def is_upright(data: bytes) -> bool:
    """Whether the pixels stand as the picture does; True for what cannot be decoded, which others refuse."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as picture:
            return bool(picture.getexif().get(_ORIENTATION, 1) == 1)
    except Exception:  # Pillow's decoders raise nearly anything on hostile bytes
        return True


def shown(data: bytes) -> bytes:
    """The picture as it is where every server takes it so, else encoded anew. What cannot be decoded goes as
    it is, too: whoever is shown it refuses it."""
    from PIL import Image

    kind = sniff(data)
    try:
        if kind in TAKEN:
            with Image.open(io.BytesIO(data)) as picture:
                small, plain = max(picture.size) <= SIDE, picture.mode in _MODES
                if small and plain and picture.getexif().get(_ORIENTATION, 1) == 1:
                    return data
        picture = opened(data)
    except Exception:  # Pillow's decoders raise nearly anything on hostile bytes
        return data
    out = io.BytesIO()
    if kind in _LOSSY:
        picture.save(out, "JPEG", quality=95)
    else:
        picture.save(out, "PNG")
    return out.getvalue()
