"""Pictures with shapes in them, so that flips and crops show, and small entities."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw

from catalogs.digests import digest
from catalogs.records import Entity, Name

Paint = Callable[[str], Image.Image]


def painted(seed: str) -> Image.Image:
    """A landscape of its own for each seed: graded sky, coloured discs and boxes, nothing symmetric."""
    dice = random.Random(seed)
    colour = lambda: tuple(dice.randrange(256) for _ in range(3))  # noqa: E731
    ramp = Image.linear_gradient("L").resize((320, 240))
    image = Image.composite(
        Image.new("RGB", ramp.size, colour()), Image.new("RGB", ramp.size, colour()), ramp
    )
    pen = ImageDraw.Draw(image)
    for _ in range(9):
        x, y, r = dice.randrange(320), dice.randrange(240), dice.randrange(15, 70)
        shape = pen.ellipse if dice.random() < 0.5 else pen.rectangle
        shape((x - r, y - r // 2, x + r, y + r), fill=colour())
    return image


def encoded(image: Image.Image, form: str = "PNG", **options: int) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


@pytest.fixture(scope="session")
def paint() -> Paint:
    return painted


@pytest.fixture(scope="session")
def encode() -> Callable[..., bytes]:
    return encoded


@pytest.fixture(scope="session")
def entity() -> Callable[..., Entity]:
    """An entity by its English title; other names as (language, title, noun, *aliases)."""

    def make(title: str, *names: tuple[str, ...], noun: str = "", plural: str = "") -> Entity:
        english = Name(language="en", title=title, noun=noun or f"a {title.lower()}", plural=plural)
        others = [Name(language=n[0], title=n[1], noun=n[2], aliases=list(n[3:])) for n in names]
        return Entity(
            entity_id=digest(title)[:16],
            title=title,
            domain="landmark",
            category_rule="table",
            names=[english, *others],
            articles=[],
        )

    return make
