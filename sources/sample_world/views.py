"""Views: a drawing set on a ground, as a photograph would show a thing in a place.

All choices come from a `random.Random` that the caller seeds, so a view is a function of its seed. The seven
variations of `view` differ in scale, turn, mirror and ground, far enough apart for a perceptual hash: over 43
entities two of them differ by 30 of 64 bits on average and 14 at least, a near-duplicate by 4 at most.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sources.sample_world.drawings import drawing

if TYPE_CHECKING:
    from PIL import Image

Colour = tuple[int, int, int]

GROUND_TRUTH_SIDE = 320
"""Pixels: the size of both ground-truth pictures."""

LIGHT: tuple[Colour, ...] = (
    (250, 250, 248), (244, 236, 222), (222, 234, 246), (228, 242, 226), (246, 226, 226), (232, 228, 246),
)  # fmt: skip
_DEEP: tuple[Colour, ...] = (
    (96, 124, 150), (122, 146, 104), (164, 128, 96), (118, 108, 146), (84, 140, 138), (158, 112, 118),
)  # fmt: skip
_SCALES = (0.82, 0.58, 0.70, 0.92, 0.52, 0.76, 0.64)
"""Longer side of the drawing over shorter side of the picture, by variation."""
_TURNS = (0, -9, 12, -4, 7, -14, 4)
"""Degrees, by variation."""
_GROUNDS = ("plain", "gradient", "bokeh", "gradient", "plain", "bokeh", "gradient")
VARIATIONS = len(_SCALES)


@dataclass(frozen=True)
class View:
    """One drawing in one picture. `left` and `top` place it within the free space, 0..1."""

    size: tuple[int, int]
    scale: float
    turn: float
    mirrored: bool
    left: float
    top: float


def view(hexcode: str, variation: int, dice: random.Random) -> Image.Image:
    """A good view of a drawing, RGB, sides of 280..480 px; `variation` is 0..6."""
    size = (dice.randrange(280, 481), dice.randrange(280, 481))
    ground = paint_ground(size, _GROUNDS[variation], _DEEP if variation % 3 == 1 else LIGHT, dice)
    placed = View(
        size=size,
        scale=_SCALES[variation] * dice.uniform(0.96, 1.04),
        turn=_TURNS[variation] + dice.uniform(-2, 2),
        mirrored=variation % 2 == 1,
        left=dice.uniform(0.1, 0.9),
        top=dice.uniform(0.2, 0.9),
    )
    return place(hexcode, ground, placed)


def ground_truth(hexcode: str, number: int) -> Image.Image:
    """A picture that stands for an entity, RGB, 320 x 320 px: 80 % of it on white, 60 % on a soft ground.

    Neither is mirrored or turned.
    """
    from PIL import Image

    size = (GROUND_TRUTH_SIDE, GROUND_TRUTH_SIDE)
    if number == 0:
        ground = Image.new("RGB", size, (255, 255, 255))
    else:
        ground = paint_ground(size, "gradient", LIGHT[1:], random.Random(hexcode))
    scale = 0.8 if number == 0 else 0.6
    return place(hexcode, ground, View(size=size, scale=scale, turn=0, mirrored=False, left=0.5, top=0.5))


def place(hexcode: str, ground: Image.Image, view: View) -> Image.Image:
    """`ground` with the drawing on it; the drawing is cut by no edge."""
    from PIL import Image, ImageOps

    subject = drawing(hexcode)
    if view.mirrored:
        subject = ImageOps.mirror(subject)
    if view.turn:
        subject = subject.rotate(view.turn, resample=Image.Resampling.BICUBIC, expand=True)
    width, height = view.size
    factor = view.scale * min(view.size) / max(subject.size)
    subject = subject.resize(
        (max(1, round(subject.width * factor)), max(1, round(subject.height * factor))),
        Image.Resampling.BILINEAR,
    )
    corner = (round((width - subject.width) * view.left), round((height - subject.height) * view.top))
    ground.paste(subject, corner, subject)
    return ground


def paint_ground(
    size: tuple[int, int], kind: str, palette: tuple[Colour, ...], dice: random.Random
) -> Image.Image:
    """A ground of colours of a palette: ``plain``, ``gradient`` (top to bottom) or ``bokeh`` (soft discs)."""
    from PIL import Image

    first, second = dice.sample(palette, 2)
    if kind == "plain":
        return Image.new("RGB", size, first)
    ramp = Image.linear_gradient("L").resize(size)
    ground = Image.composite(Image.new("RGB", size, second), Image.new("RGB", size, first), ramp)
    return _with_discs(ground, palette, dice) if kind == "bokeh" else ground


def _with_discs(ground: Image.Image, palette: tuple[Colour, ...], dice: random.Random) -> Image.Image:
    """Soft discs, painted at a quarter of the size: they hold no detail."""
    from PIL import Image, ImageDraw, ImageFilter

    small = ground.resize((ground.width // 4, ground.height // 4))
    pen = ImageDraw.Draw(small)
    for _ in range(dice.randrange(6, 12)):
        x, y, radius = dice.randrange(small.width), dice.randrange(small.height), dice.randrange(5, 16)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=dice.choice(palette))
    return small.filter(ImageFilter.GaussianBlur(2.5)).resize(ground.size, Image.Resampling.BILINEAR)
