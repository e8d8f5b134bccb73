"""Perceptual hashes of a picture, of its mirror image, of its quarter turns and of its crops.

The hash is pHash: the 8 x 8 lowest frequencies of the cosine transform of a 32 x 32 luminance picture, a bit
each, set where the frequency is above the median. Averaging an interval down to 32 pixels and transforming it
are both products with a matrix, so two products give the frequencies of all crops at once. A mirror image
only changes the sign of every other frequency, a quarter turn swaps rows and columns besides.

A picture's frame (`catalogs.leaks.frames`) is taken off first.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from catalogs.leaks.frames import squared, unframed

Hashes = npt.NDArray[np.uint64]
BOX = Image.Resampling.BOX

CELLS = 20
"""Crops begin and end at twentieths of a side, so that no crop is further than 2.5 % from one that was
made."""
LEAST_CELLS = 12
"""Crops keep 60 % of a side and more: 45 intervals a side, 2,025 crops."""
SIDE = 8 * CELLS
"""Pixels of the square that a picture is averaged to first."""
SAMPLES, FREQUENCIES = 32, 8
LEAST_CONTRAST = 3.0
"""Standard deviation, in grey levels of 256, below which a crop is flat: its hash is the noise of its
encoder."""

MIRRORED, FLIPPED, TRANSPOSED = 1, 2, 4
ORIENTATIONS = 8
"""Ways to lay a picture down: columns in reverse, rows in reverse, rows as columns (first), or any of these
together. 0 is upright, 1 the mirror image, the others are turned."""


class UnreadablePictureError(ValueError):
    """Bytes that do not decode as a picture."""


@dataclass(frozen=True)
class PictureHashes:
    """Hashes of one picture. Flat pictures and flat crops have none."""

    whole: Hashes
    """uint64 [8]: the picture in each of the `ORIENTATIONS`; [0] for a flat picture."""
    crops: Hashes
    """uint64 [c]: crops of the picture, the whole left out, each hash once; [0] unless they were asked
    for."""
    boxes: npt.NDArray[np.int16]
    """int16 [c, 4]: left, top, right, bottom of each crop, in `CELLS`."""


def hashes_of(data: bytes, *, crops: bool = True, framed: bool = False) -> PictureHashes:
    """Hashes of an encoded picture, in about 8 ms with crops; with its frame where it is to stay `framed`.

    Raises `UnreadablePictureError`.
    """
    return hashes_of_image(on_white(data) if framed else decoded(data), crops=crops)


def hashes_of_image(image: Image.Image, *, crops: bool, ways: int = ORIENTATIONS) -> PictureHashes:
    """The same of a decoded picture, laid down in the first `ways` of the `ORIENTATIONS`."""
    square = squared(image, SIDE)
    frequencies = _frequencies(square, _transforms(WHOLE))[0]
    whole, flat = _bits(np.stack([_laid(frequencies, way) for way in range(ways)]))
    if not crops:
        return PictureHashes(whole[~flat], np.empty(0, np.uint64), np.empty((0, 4), np.int16))
    # In half the digits, and a third of the time: grey levels have three.
    spans = _transforms(SPANS).astype(np.float32)
    bits, flat_crops = _bits(_frequencies(square.astype(np.float32), spans)[:-1])
    kept = np.flatnonzero(~flat_crops)
    distinct, first = np.unique(bits[kept], return_index=True)
    return PictureHashes(whole[~flat], distinct, _boxes()[kept[first]])


def laid(pixels: npt.NDArray[np.float64], way: int) -> npt.NDArray[np.float64]:
    """Pixels [height, width, ...] laid down in one of the `ORIENTATIONS`."""
    turned = pixels.swapaxes(0, 1) if way & TRANSPOSED else pixels
    return turned[:: -1 if way & FLIPPED else 1, :: -1 if way & MIRRORED else 1]


def decoded(data: bytes) -> Image.Image:
    """The picture on white without its frame, RGB; a large JPEG at a fraction of its size.

    Raises `UnreadablePictureError`.
    """
    return unframed(on_white(data))


def on_white(data: bytes) -> Image.Image:
    """The picture with its frame, else as `decoded`."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.draft("RGB", (2 * SIDE, 2 * SIDE))
            if image.has_transparency_data:
                ground = Image.new("RGBA", image.size, "white")
                return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadablePictureError(f"{type(error).__name__}: {error}") from error


def _frequencies(square: npt.NDArray[Any], transforms: npt.NDArray[Any]) -> Any:
    """[SIDE, SIDE], [n, FREQUENCIES, SIDE] -> [n * n, FREQUENCIES, FREQUENCIES], rows first."""
    n = len(transforms)
    flat = transforms.reshape(-1, SIDE)
    product = (flat @ square @ flat.T).reshape(n, FREQUENCIES, n, FREQUENCIES)
    return product.transpose(0, 2, 1, 3).reshape(n * n, FREQUENCIES, FREQUENCIES)


def _bits(frequencies: npt.NDArray[Any]) -> tuple[Hashes, npt.NDArray[np.bool_]]:
    """[n, 8, 8] -> uint64 [n], and bool [n]: True for flat pictures."""
    values = frequencies.reshape(len(frequencies), -1)
    middle = np.partition(values, (31, 32), axis=1)[:, 31:33].mean(axis=1, keepdims=True)
    packed = np.packbits(values > middle, axis=1).view(">u8")[:, 0].astype(np.uint64)
    return packed, np.sqrt((values[:, 1:] ** 2).sum(axis=1)) < LEAST_CONTRAST


def _laid(frequencies: npt.NDArray[np.float64], way: int) -> npt.NDArray[np.float64]:
    """Frequencies [8, 8] of a picture -> those of the picture as `laid` lays it."""
    turned = frequencies.T if way & TRANSPOSED else frequencies
    columns = _REVERSED if way & MIRRORED else 1.0
    return turned * columns * (_REVERSED[:, None] if way & FLIPPED else 1.0)


_REVERSED = np.where(np.arange(FREQUENCIES) % 2, -1.0, 1.0)

Spans = tuple[tuple[int, int], ...]
WHOLE: Spans = ((0, CELLS),)
SPANS: Spans = tuple(
    (start, start + length) for length in range(LEAST_CELLS, CELLS + 1) for start in range(CELLS - length + 1)
)
"""Every interval of a side that a crop may keep; the whole side is the last."""


@lru_cache(maxsize=1)
def _boxes() -> npt.NDArray[np.int16]:
    """int16 [n, 4]: the box of each crop, in the order of the frequencies."""
    boxes = [(left, top, right, bottom) for top, bottom in SPANS for left, right in SPANS]
    return np.array(boxes, np.int16)[:-1]


@lru_cache(maxsize=2)
def _transforms(spans: Spans) -> npt.NDArray[np.float64]:
    """One matrix an interval, from pixels to frequencies: float64 [n, FREQUENCIES, SIDE]."""
    return np.stack([_cosines() @ _averages(*span) for span in spans])


def _cosines() -> npt.NDArray[np.float64]:
    """DCT-II over `SAMPLES`, scaled so that power stays that of the pixels: [FREQUENCIES, SAMPLES]."""
    u, x = np.arange(FREQUENCIES)[:, None], np.arange(SAMPLES)[None, :]
    scale = np.where(u == 0, 1.0, np.sqrt(2.0)) / SAMPLES
    return np.asarray(scale * np.cos(np.pi * u * (2 * x + 1) / (2 * SAMPLES)))


def _averages(start: int, end: int) -> npt.NDArray[np.float64]:
    """Averages of `SAMPLES` equal parts of the cells from `start` to `end`: [SAMPLES, SIDE]."""
    pixel = SIDE // CELLS
    edges = np.linspace(start * pixel, end * pixel, SAMPLES + 1)
    left, right = edges[:-1, None], edges[1:, None]
    pixels = np.arange(SIDE)[None, :]
    covered = np.clip(np.minimum(right, pixels + 1) - np.maximum(left, pixels), 0.0, 1.0)
    return np.asarray(covered / (right - left))
