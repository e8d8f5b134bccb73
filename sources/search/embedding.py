"""Pictures of a source as vectors: fetched, decoded where they can be, embedded by an image-text model."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from typing import Protocol

from PIL import Image, ImageOps

from sources.search.vectors import Embed, Floats
from workers.image_text.handle import ImageTextWorker
from workers.image_text.pixels import on_white
from workers.tools import FetchError

_MOST_PIXELS = 89_478_485
"""Pillow's own limit: above it a picture counts as a decompression bomb and is not decoded."""


class _Fetches(Protocol):
    def fetch(self, image_url: str) -> bytes: ...


def fetching(source: _Fetches) -> Callable[[str], bytes | None]:
    """The bytes at an address; None for what cannot be had, which is found by its words alone."""

    def fetch(url: str) -> bytes | None:
        try:
            return source.fetch(url)
        except FetchError:
            return None

    return fetch


def embedding(image_text: ImageTextWorker) -> Embed:
    """Vectors of encoded pictures; what does not decode has none, and is found by its words alone."""

    def embed(encoded: Sequence[bytes]) -> list[Floats | None]:
        images = [_decoded(data) for data in encoded]
        readable = [image for image in images if image is not None]
        rows = iter(image_text.load().embed_images(readable) if readable else ())
        return [next(rows) if image is not None else None for image in images]

    return embed


def _decoded(data: bytes) -> Image.Image | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd metadata; the pixels are what counts
            with Image.open(io.BytesIO(data)) as image:
                if image.width * image.height > _MOST_PIXELS:
                    return None
                image.load()
                return on_white(ImageOps.exif_transpose(image))
    except Exception:  # Pillow's decoders raise nearly anything on hostile bytes
        return None
