"""Drawings as pixels: an SVG of OpenMoji, rasterised and cut to what is drawn."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING

from catalogs.records import Origin
from sources.errors import BrokenTableError
from sources.sample_world import packages

if TYPE_CHECKING:
    from PIL import Image

LICENCE = "CC-BY-SA-4.0"
AUTHOR = "OpenMoji"

_RASTER = 384
"""Side of the raster in pixels. Drawings fill 60..95 % of it, so that no view enlarges one much."""


@lru_cache(maxsize=96)
def drawing(hexcode: str) -> Image.Image:
    """The drawing on a transparent ground, RGBA, cut to its bounding box. Callers must not change it.

    Rasterising takes about 12 ms; the cache holds the drawings of several searches (0.4 MB each).
    """
    return rasterise(hexcode, _RASTER)


@lru_cache(maxsize=512)
def thumbnail(hexcode: str) -> Image.Image:
    """As `drawing`, at a third of the size (45 kB each): for tiles of a collage."""
    return rasterise(hexcode, _RASTER // 3)


def rasterise(hexcode: str, side: int) -> Image.Image:
    """The drawing in a viewport of `side` pixels, RGBA, cut to its bounding box; `BrokenTableError`."""
    import resvg_py
    from PIL import Image

    path = packages.drawing_path(hexcode)
    if not path.is_file():
        raise BrokenTableError(
            f"there is no drawing {hexcode} in {packages.DRAWINGS}: correct the table's hexcode"
        )
    png = resvg_py.svg_to_bytes(svg_path=str(path), width=side, height=side, skip_system_fonts=True)
    with Image.open(io.BytesIO(png)) as image:
        pixels = image.convert("RGBA")
    return pixels.crop(pixels.getchannel("A").getbbox())


def origin(hexcode: str, url: str = "") -> Origin:
    """Where a picture made from a drawing comes from; `url` replaces the address inside the package."""
    version = packages.version(packages.DRAWINGS)
    return Origin(
        url=url or f"pypi:{packages.DRAWINGS}/{version}/svg/{hexcode}.svg",
        revision=version,
        licence=LICENCE,
        author=AUTHOR,
    )
