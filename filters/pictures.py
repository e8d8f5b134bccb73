"""Decoding for measurement: one way to get pixels, with one error."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps

from workers.image_text.pixels import on_white

MAX_PIXELS = 1024 * 1024 * 1024 // 4 // 3
"""89,478,485: Pillow's MAX_IMAGE_PIXELS, a quarter of a GiB of 24-bit pixels. Pillow itself warns above it
and raises above twice as much; here anything above it is a decompression bomb and is never decoded."""


class UnreadableError(Exception):
    """Bytes that do not decode to a picture; the message says what the decoder said."""


def decode(data: bytes) -> Image.Image:
    """The first frame, decoded to its last byte, upright, RGB on white. Raises `UnreadableError`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata; the pixels are what counts
            with Image.open(io.BytesIO(data)) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise UnreadableError(f"{image.width}x{image.height} pixels, limit {MAX_PIXELS}")
                image.load()
                return on_white(ImageOps.exif_transpose(image))
    except UnreadableError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly anything on hostile bytes
        raise UnreadableError(f"{type(error).__name__}: {error}") from error


def shrunk(image: Image.Image, longest: int) -> Image.Image:
    """A copy whose longest side is at most `longest` pixels; never enlarged."""
    if max(image.size) <= longest:
        return image
    scale = longest / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BOX)
