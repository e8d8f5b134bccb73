"""File hygiene: is this a single, whole picture of a sane size, judged by its bytes alone?"""

from __future__ import annotations

import io
import warnings

from PIL import Image

from catalogs.digests import rounded_values
from catalogs.records import PictureScores
from filters.base import PictureFilter, ScoredPicture
from filters.pictures import MAX_PIXELS, UnreadableError, decode
from workers.pictures import UNKNOWN, size_of, sniff

READABLE_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp"})
"""Raster formats that Pillow decodes and trainers read. SVG is a program, not a picture, until it is
rendered."""


class Hygiene(PictureFilter):
    """Writes `hygiene`. Each of these is 0 or 1 unless a unit is named:

    - `readable`: it decodes to its last byte and is not a bomb
    - `html`: a page served in place of a picture
    - `truncated`: the header states a size but the pixels do not decode
    - `animated`: it holds more than one frame
    - `bomb`: the header states more than `MAX_PIXELS`; it was not decoded
    - `width`, `height` (pixels, 0 where no header was found) and `bytes`

    Notes: `type` (media type by content), `error` (what the decoder said).
    """

    name, version = "hygiene", "1"
    optional = ("hygiene", "references")
    writes = ("hygiene",)

    def score_one(self, picture: ScoredPicture) -> PictureScores:
        data = picture.data
        media_type = sniff(data)
        width, height = size_of(data) or (0, 0)
        bomb = width * height > MAX_PIXELS
        error = "" if bomb else _decoding_error(data, media_type)
        values = {
            "readable": float(not bomb and not error),
            "html": float(media_type == "text/html"),
            "truncated": float(bool(error) and width > 0),
            "animated": float(not bomb and not error and _is_animated(data)),
            "bomb": float(bomb),
            "width": width,
            "height": height,
            "bytes": len(data),
        }
        notes = {"type": media_type} | ({"error": error} if error else {})
        return PictureScores(sha256=picture.sha256, values=rounded_values(values), notes=notes)


def _decoding_error(data: bytes, media_type: str) -> str:
    """What is wrong with the pixels; empty when nothing is."""
    if media_type not in READABLE_TYPES:
        return (
            "no picture format is recognised"
            if media_type == UNKNOWN
            else f"{media_type} is not a raster picture"
        )
    try:
        decode(data)
    except UnreadableError as error:
        return str(error)
    return ""


def _is_animated(data: bytes) -> bool:
    """More than one frame; looks for the second only, as counting all of a long animation would decode it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data)) as image:
            return bool(getattr(image, "is_animated", False))


def is_clean(hygiene: PictureScores) -> bool:
    """The fixed gate before anything is measured on pixels: one whole, still picture.

    Not a threshold: there is nothing to measure on a file that does not decode, and of an animation only the
    first frame could be looked at.
    """
    return hygiene.values.get("readable") == 1.0 and hygiene.values.get("animated") == 0.0
