"""What else may have become of a picture: it was turned by a few degrees, or stands in a collage.

Such a view is hashed and compared as a picture of its own. Ours are turned: where theirs is a turned copy of
ours, its upright middle is what ours shows when it is turned as far, whatever fills the corners; where ours
is the copy, ours turned back is the middle of theirs.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from PIL import Image

from catalogs.leaks.frames import unframed
from catalogs.leaks.hashes import MIRRORED, SIDE, Hashes, hashes_of_image, on_white

TILTS = (-9, -7, -5, -3, -1, 1, 3, 5, 7, 9)
"""Degrees, against the clock. None of up to 10 is further than 1 from one of these or from none: by that much
the hash of a drawing changes by 4 bits in the median."""
TILES = (
    *((0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 0.5), (0.0, 0.5, 1.0, 1.0)),
    *((x, y, x + 0.5, y + 0.5) for y in (0.0, 0.5) for x in (0.0, 0.5)),
)
"""Pictures of a collage of two, beside or above each other, and of one of four: left, top, right and bottom
as shares of a side."""
LONGEST = SIDE
"""Pixels of the longer side at which pictures are looked at again after hashing."""


class View(NamedTuple):
    """A picture as it is, turned, or one tile of it."""

    tilt: int = 0
    tile: int = -1
    """Row of `TILES`."""
    on_page: bool = False
    """A tile of the picture with its frame: where all tiles of a page have one, it is half a tile's."""


PLAIN = View()


class Seen(NamedTuple):
    """A picture to look at, at most `LONGEST` pixels long."""

    image: Image.Image
    """Without its frame."""
    page: Image.Image
    """With it: the same picture where there is none."""


def seen(data: bytes) -> Seen:
    """A picture from its bytes; raises `UnreadablePictureError`."""
    page = on_white(data)
    return seen_of(unframed(page), page)


def seen_of(image: Image.Image, page: Image.Image) -> Seen:
    """A decoded picture without its frame and with it."""
    small = _reduced(image)
    return Seen(small, small if image is page else _reduced(page))


def _reduced(image: Image.Image) -> Image.Image:
    scale = LONGEST / max(image.size)
    if scale >= 1.0:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BOX)


def viewed(picture: Seen, view: View) -> Image.Image:
    """What a view shows, without its frame."""
    if view.tilt:
        return _tilted(picture.image, view.tilt)
    if view.tile >= 0:
        left, top, right, bottom = TILES[view.tile]
        image = picture.page if view.on_page else picture.image
        x, y = image.size
        box = (int(left * x), int(top * y), math.ceil(right * x), math.ceil(bottom * y))
        return unframed(image.crop(box))
    return picture.image


def views_of(picture: Seen, *, tilted: bool) -> list[tuple[View, Hashes]]:
    """The views of a picture, turned ones only where they are asked for: hashes uint64 [2] of each, upright
    and mirrored. Flat ones are left out."""
    views = [View(tile=tile) for tile in range(len(TILES))]
    if picture.page is not picture.image:
        views += [View(tile=tile, on_page=True) for tile in range(len(TILES))]
    if tilted:
        views += [View(tilt=tilt) for tilt in TILTS]
    hashed = [
        (view, hashes_of_image(viewed(picture, view), ways=MIRRORED + 1, crops=False)) for view in views
    ]
    return [(view, hashes.whole) for view, hashes in hashed if len(hashes.whole)]


def _tilted(image: Image.Image, degrees: int) -> Image.Image:
    """The picture turned, cut to the largest part of its own shape without corners."""
    sine, cosine = math.sin(math.radians(abs(degrees))), math.cos(math.radians(degrees))
    long = max(image.size) / min(image.size)
    scale = 1.0 / (cosine + long * sine)
    width, height = image.width * scale, image.height * scale
    left, top = (image.width - width) / 2, (image.height - height) / 2
    turned = image.rotate(degrees, Image.Resampling.BILINEAR)
    return turned.crop((math.ceil(left), math.ceil(top), math.floor(left + width), math.floor(top + height)))
