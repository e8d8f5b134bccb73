"""Pictures for tests of drawing: flat shapes with an outline on grounds of several kinds."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]


def fish(fill: Colour, ground: str = "white", mirrored: bool = False, size: int = 320) -> bytes:
    """A fish of one colour: an oval body with a tail, outlined in black."""
    image = _ground(ground, size)
    pen = ImageDraw.Draw(image)
    unit = size / 320
    body = tuple(round(unit * v) for v in (60, 110, 220, 210))
    tail = [(round(unit * x), round(unit * y)) for x, y in ((205, 160), (265, 115), (265, 205))]
    pen.polygon(tail, fill=fill, outline=(0, 0, 0), width=6)
    pen.ellipse(body, fill=fill, outline=(0, 0, 0), width=6)
    if mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return encoded(image)


def tower(fill: Colour, ground: str = "white", size: int = 320) -> bytes:
    """A tall house with a pointed roof and three windows."""
    image = _ground(ground, size)
    pen = ImageDraw.Draw(image)
    pen.rectangle((125, 120, 195, 290), fill=fill, outline=(0, 0, 0), width=6)
    pen.polygon([(110, 122), (160, 40), (210, 122)], fill=fill, outline=(0, 0, 0), width=6)
    for top in (140, 185, 230):
        pen.rectangle((150, top, 170, top + 25), fill=(250, 240, 140), outline=(0, 0, 0), width=4)
    return encoded(image)


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **({"quality": 80} if kind == "JPEG" else {}))
    return out.getvalue()


def noise(size: int = 200) -> bytes:
    """A picture without any ground."""
    return encoded(Image.effect_noise((size, size), 120).convert("RGB"))


def _ground(kind: str, size: int) -> Image.Image:
    if kind == "white":
        return Image.new("RGB", (size, size), (255, 255, 255))
    if kind == "deep":
        return Image.new("RGB", (size, size), (96, 124, 150))
    ramp = Image.linear_gradient("L").resize((size, size))
    two = Image.new("RGB", (size, size), (244, 236, 222)), Image.new("RGB", (size, size), (222, 234, 246))
    image = Image.composite(two[0], two[1], ramp)
    if kind == "gradient":
        return image
    pen = ImageDraw.Draw(image)
    for x, y, radius in ((30, 40, 40), (250, 60, 50), (60, 280, 55), (280, 260, 35)):
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(228, 242, 226))
    return image.filter(ImageFilter.GaussianBlur(8))
