"""What a fetched body is: a raster picture of a sane size by its content, or a reason to refuse it.

Only headers are read. Whether the pixels are whole is measured by the hygiene filter, which decodes them.
"""

from __future__ import annotations

from catalogs.records import Origin, Picture
from sources.fetching.failures import AddressError
from workers.pictures import UNKNOWN, picture_of

_OTHERS = {"text/html": "html", "image/svg+xml": "svg"}


def checked(body: bytes, origin: Origin, most_pixels: int) -> Picture:
    """The record of a body; raises `AddressError` for what is no picture or a bomb."""
    picture = picture_of(body, origin)
    if picture.media_type in _OTHERS or picture.media_type == UNKNOWN:
        raise AddressError(_OTHERS.get(picture.media_type, "not-a-picture"), f"{len(body):,} bytes")
    if picture.width * picture.height > most_pixels:
        raise AddressError("too-many-pixels", f"{picture.width} x {picture.height}, at most {most_pixels:,}")
    return picture
