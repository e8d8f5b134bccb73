"""What can be wrong with a picture: each fault, applied to a good view. All choices come from the dice."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from sources.sample_world.drawings import drawing, thumbnail

if TYPE_CHECKING:
    from PIL import Image, ImageFont

_AGENCIES = ("PixDepot", "FotoMine", "imagevault", "SnapStock", "Picturely")
_PAPER = (252, 251, 247)
_INK = (24, 24, 28)


def watermarked(image: Image.Image, dice: random.Random) -> Image.Image:
    """The name of an agency, slanted, tiled over everything at 45..60 % opacity, in the shade that shows."""
    from PIL import Image, ImageDraw, ImageStat

    side = max(image.size)
    letters = _font(max(18, side // 14))
    word = dice.choice(_AGENCIES)
    mask = Image.new("L", (side * 3 // 2, side * 3 // 2), 0)
    pen = ImageDraw.Draw(mask)
    step = round(pen.textlength(word, font=letters)) + side // 12
    for line, y in enumerate(range(0, mask.height, side // 6)):
        for x in range(-(line % 2) * step // 2, mask.width, step):
            pen.text((x, y), word, fill=255, font=letters)
    mask = mask.rotate(dice.choice((-28, -22, 22, 28)), resample=Image.Resampling.BILINEAR)
    left, top = (mask.width - image.width) // 2, (mask.height - image.height) // 2
    opacity = dice.uniform(0.45, 0.6)
    mask = mask.crop((left, top, left + image.width, top + image.height)).point(lambda v: round(v * opacity))
    is_light = ImageStat.Stat(image.convert("L")).mean[0] > 160
    shade = (70, 70, 74) if is_light else (255, 255, 255)
    image.paste(Image.new("RGB", image.size, shade), (0, 0), mask)
    return image


def blurred(image: Image.Image, dice: random.Random) -> Image.Image:
    """Out of focus: a Gaussian with a radius of 3.5..5 % of the shorter side."""
    from PIL import ImageFilter

    return image.filter(ImageFilter.GaussianBlur(min(image.size) * dice.uniform(0.035, 0.05)))


def small(image: Image.Image, dice: random.Random) -> Image.Image:
    """A thumbnail: longer side 72..140 px."""
    from PIL import Image

    factor = dice.randrange(72, 141) / max(image.size)
    size = (round(image.width * factor), round(image.height * factor))
    return image.resize(size, Image.Resampling.LANCZOS)


def icon(image: Image.Image, dice: random.Random) -> Image.Image:
    """A button: a square of 24..64 px."""
    from PIL import Image

    side = dice.choice((24, 32, 48, 64))
    return image.resize((side, side), Image.Resampling.LANCZOS)


def repeated(image: Image.Image, dice: random.Random) -> Image.Image:
    """The same picture from another site: 1 % cut from each edge, 80..95 % of the size."""
    from PIL import Image

    width, height = image.size
    cut = image.crop((width // 100, height // 100, width - width // 100, height - height // 100))
    factor = dice.uniform(0.8, 0.95)
    return cut.resize((round(width * factor), round(height * factor)), Image.Resampling.BILINEAR)


def with_words(hexcode: str, words: Sequence[str], dice: random.Random) -> Image.Image:
    """A page of a leaflet, 640 x 560 px: the drawing above 120..160 printed words."""
    from PIL import Image, ImageDraw

    page = Image.new("RGB", (640, 560), _PAPER)
    subject = drawing(hexcode)
    factor = 170 / max(subject.size)
    subject = subject.resize((round(subject.width * factor), round(subject.height * factor)))
    page.paste(subject, (dice.choice((24, 235, 440)), 16), subject)
    pen, letters = ImageDraw.Draw(page), _font(19)
    count = dice.randrange(120, 161)
    x, y = 20.0, 200
    for i in range(count):
        word = words[i % len(words)] + " "
        length = pen.textlength(word, font=letters)
        if x + length > page.width - 16:
            x, y = 20.0, y + 25
        pen.text((x, y), word, fill=_INK, font=letters)
        x += length
    return page


def collage(hexcodes: Sequence[str], dice: random.Random) -> Image.Image:
    """A board of 2 x 2 or 3 x 3 drawings, each in its own tile, 420 px wide."""
    from PIL import Image

    across = 2 if len(hexcodes) < 9 else 3
    side = 420 // across
    board = Image.new("RGB", (side * across, side * across), (255, 255, 255))
    for i, hexcode in enumerate(hexcodes[: across * across]):
        tile = Image.new("RGB", (side - 6, side - 6), tuple(dice.randrange(170, 256) for _ in range(3)))
        subject = thumbnail(hexcode)
        factor = 0.8 * tile.width / max(subject.size)
        subject = subject.resize((round(subject.width * factor), round(subject.height * factor)))
        tile.paste(subject, ((tile.width - subject.width) // 2, (tile.height - subject.height) // 2), subject)
        board.paste(tile, (i % across * side + 3, i // across * side + 3))
    return board


def animation(frames: Sequence[Image.Image]) -> bytes:
    """A looping GIF, 120 ms a frame, 64 colours a frame."""
    from PIL import Image

    octree = Image.Quantize.FASTOCTREE
    sizes = [(220, round(220 * frame.height / frame.width)) for frame in frames]
    small_frames = [
        frame.resize(size).quantize(64, method=octree) for frame, size in zip(frames, sizes, strict=True)
    ]
    out = io.BytesIO()
    small_frames[0].save(out, "GIF", save_all=True, append_images=small_frames[1:], duration=120, loop=0)
    return out.getvalue()


def error_page(title: str, host: str) -> bytes:
    """What a site answers, with status 200, when it does not like to be linked to."""
    return (
        f"<!DOCTYPE html>\n<html><head><title>{host}</title></head>\n<body><h1>Please visit our site</h1>"
        f"<p>The picture of {title} can be seen on its page only.</p></body></html>\n"
    ).encode()


def cut_short(data: bytes, dice: random.Random) -> bytes:
    """A download that broke off after 35..70 % of the bytes."""
    return data[: round(len(data) * dice.uniform(0.35, 0.7))]


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The scalable font inside Pillow, `size` in pixels."""
    from PIL import ImageFont

    return ImageFont.load_default(size)
