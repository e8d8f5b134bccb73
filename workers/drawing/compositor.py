"""The compositor: draws what a recaption says with the subject that its references show.

It stands in for a generator where there is no GPU. It can do what a proof needs: the subject is the
references' subject, and everything else is the recaption's word. Wrong references give a wrong subject, a
wrong recaption gives wrong colours, count or scene.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catalogs.digests import digest, unit_interval
from workers.drawing.cutout import Cutout, cut_out
from workers.drawing.interface import DrawingRequest
from workers.drawing.reading import Reading, read
from workers.drawing.recolour import recoloured
from workers.errors import ModelReplyError
from workers.languages import tables_digest
from workers.meter import count_call
from workers.scenes import LIGHTS, PLACES

VERSION = "2"
"""Raised whenever equal requests give other pixels; the files of languages count by their digest."""

SIDE = 384
"""Pixels; enough for one subject at the 224 pixels that image towers read."""

STUDIO_GROUND, STUDIO_SKY = (196, 194, 190), (222, 221, 218)
"""Where the recaption names no place or no light: unlike every place and light of `workers.scenes`."""

GAIN_ON_SUBJECT = 0.35
"""Share of the light's gain that falls on the subject: at night 0.84 of full brightness instead of 0.55, so
that identity can still be measured."""

_SLOTS: dict[int, tuple[tuple[float, float, float], ...]] = {
    1: ((0.50, 0.88, 0.62),),
    2: ((0.27, 0.86, 0.36), (0.73, 0.86, 0.36)),
    3: ((0.50, 0.50, 0.31), (0.27, 0.93, 0.31), (0.73, 0.93, 0.31)),
    4: ((0.27, 0.50, 0.31), (0.73, 0.50, 0.31), (0.27, 0.93, 0.31), (0.73, 0.93, 0.31)),
}
"""Count -> (centre x, foot y, side of the box that the subject fills), as shares of the picture's side.
What stands in two slots is at least 0.08 apart, so that it can be counted."""

_SCALE_FROM = {1: 0.90, 2: 0.95, 3: 0.95, 4: 0.95}
"""Count -> least share of its box that a copy fills; copies of one subject are of nearly one size."""


@dataclass(frozen=True)
class Compositor:
    """A `Drawer` of 384 x 384 PNG pictures. Equal requests give equal bytes.

    The seed varies place, size and direction of the subject, the horizon and, where the recaption leaves it
    open, the reference: even seeds draw image_1, odd seeds image_2.
    """

    name: str = "compositor"
    revision: str = f"{VERSION}-{tables_digest()[:12]}"

    def draw(self, requests: Sequence[DrawingRequest]) -> list[bytes]:
        """One PNG a request. Raises `ModelReplyError` for no reference or one that cannot be decoded."""
        pictures = []
        for request in requests:
            count_call()
            pictures.append(_encoded(_drawn(request)))
        return pictures


def _drawn(request: DrawingRequest) -> Any:
    """uint8 [SIDE, SIDE, 3]."""
    if not request.references:
        raise ModelReplyError("there is no reference to draw from: give one or two pictures")
    reading = read(request.recaption, request.language)
    number = _reference_number(reading, request)
    subject = cut_out(request.references[number - 1])
    pixels = recoloured(subject.pixels, subject.mask, reading.colours_of(number))
    chance = _Chance(f"{request.seed}/{digest(request.recaption)}")
    light = LIGHTS.get(reading.light or "")
    gain = 1.0 - GAIN_ON_SUBJECT * (1.0 - (light.gain if light else 1.0))
    canvas = _scene(reading, chance)
    mirrored = chance("mirror") < 0.5
    for slot in range(reading.count):
        _place(
            canvas, Cutout(pixels, subject.mask, subject.whole), gain, mirrored, slot, reading.count, chance
        )
    return np.clip(np.round(canvas), 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class _Chance:
    """Numbers in 0..1 that depend on the request alone; each purpose has its own."""

    seed: str

    def __call__(self, purpose: str) -> float:
        return unit_interval(self.seed, purpose)


def _reference_number(reading: Reading, request: DrawingRequest) -> int:
    """1 for image_1. A leader that does not exist is no leader."""
    given = len(request.references)
    if reading.leader is not None and 1 <= reading.leader <= given:
        return reading.leader
    return 1 + request.seed % min(given, 2)


def _scene(reading: Reading, chance: _Chance) -> Any:
    """float32 [SIDE, SIDE, 3]: sky above, ground below, each a vertical gradient of a few levels."""
    light = LIGHTS.get(reading.light or "")
    place = PLACES.get(reading.place or "")
    sky = np.array(light.sky if light else STUDIO_SKY, np.float32)
    ground = np.array(place.ground if place else STUDIO_GROUND, np.float32) * (light.gain if light else 1.0)
    nearest, farthest = (
        (0.46, 0.40) if reading.count > 2 else (0.54, 0.44)
    )  # a back row stands on the ground, too
    horizon = round(SIDE * (farthest + (nearest - farthest) * chance("horizon")))
    canvas = np.empty((SIDE, SIDE, 3), np.float32)
    towards_horizon = np.linspace(0.0, 1.0, horizon, dtype=np.float32)[:, None, None]
    canvas[:horizon] = sky + (255.0 - sky) * 0.12 * towards_horizon
    towards_viewer = np.linspace(0.0, 1.0, SIDE - horizon, dtype=np.float32)[:, None, None]
    canvas[horizon:] = ground * (1.0 - 0.10 * towards_viewer)
    return canvas


def _place(
    canvas: Any, subject: Cutout, gain: float, mirrored: bool, slot: int, count: int, chance: _Chance
) -> None:
    """Draw one copy into its slot, in place."""
    import cv2

    centre, foot, box = _SLOTS[count][slot]
    height, width = subject.mask.shape
    least = _SCALE_FROM[count]
    factor = SIDE * box * (least + (1.0 - least) * chance(f"scale-{slot}")) / max(height, width)
    size = (max(2, round(width * factor)), max(2, round(height * factor)))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    mask = np.clip(cv2.resize(subject.mask, size, interpolation=way), 0.0, 1.0)[..., None]
    covered = cv2.resize(subject.pixels.astype(np.float32) * subject.mask[..., None], size, interpolation=way)
    if mirrored:
        mask, covered = mask[:, ::-1], covered[:, ::-1]
    room = 0.12 if count == 1 else 0.01
    left = round(SIDE * (centre + room * (2 * chance(f"across-{slot}") - 1)) - size[0] / 2)
    top = round(SIDE * (foot - 0.02 * chance(f"down-{slot}"))) - size[1]
    left, top = max(left, 0), max(top, 0)
    window = canvas[top : top + size[1], left : left + size[0]]
    window[:] = window * (1.0 - mask) + np.clip(covered, 0, 255) * gain


def _encoded(pixels: Any) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=3)
    return out.getvalue()
