"""The bytes behind an address of the sample web, made anew from the slot whenever they are asked for."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from sources.sample_world import faults, packages, table, views
from sources.sample_world.slots import HTML, LOOK_ALIKE, NEAR_DUPLICATE, Slot, original_of, picture_format

if TYPE_CHECKING:
    from PIL import Image


def render(slot: Slot) -> bytes:
    """Encoded bytes of one picture: equal slots give equal bytes. About 10 ms."""
    if slot.fault == HTML:
        return faults.error_page(table.by_hexcode()[slot.named].title, "sample.invalid")
    if slot.fault == "animated":
        return faults.animation([views.view(slot.shown, frame, slot.dice("view")) for frame in (0, 3, 5)])
    data = _encoded(_painted(slot), slot)
    return faults.cut_short(data, slot.dice("cut")) if slot.fault == "truncated" else data


def _painted(slot: Slot) -> Image.Image:
    dice = slot.dice("fault")
    match slot.fault:
        case None | "truncated":
            return _view(slot)
        case fault if fault == LOOK_ALIKE:
            return _view(slot)
        case fault if fault == NEAR_DUPLICATE:
            return faults.repeated(_view(original_of(slot)), dice)
        case "watermark":
            return faults.watermarked(_view(slot), dice)
        case "blur":
            return faults.blurred(_view(slot), dice)
        case "too-small":
            return faults.small(_view(slot), dice)
        case "icon-address":
            return faults.icon(_view(slot), dice)
        case "odd-aspect":
            return _banner(slot)
        case "text-heavy":
            return faults.with_words(slot.shown, _words(slot), dice)
        case "collage":
            return faults.collage(_gathered(slot), dice)
    raise AssertionError(f"no rendering for the fault {slot.fault!r}")


def _view(slot: Slot) -> Image.Image:
    return views.view(slot.shown, slot.variation, slot.dice("view"))


def _banner(slot: Slot) -> Image.Image:
    """A strip with sides in a ratio of 2.3..3, lying or standing, its shorter side 160..200 px."""
    dice = slot.dice("fault")
    short = dice.randrange(160, 201)
    size = (round(short * dice.uniform(2.3, 3.0)), short)
    size = size if dice.random() < 0.7 else (size[1], size[0])
    ground = views.paint_ground(size, "gradient", views.LIGHT, dice)
    placed = views.View(
        size=size, scale=0.85, turn=0, mirrored=dice.random() < 0.5, left=dice.random(), top=0.5
    )
    return views.place(slot.shown, ground, placed)


def _words(slot: Slot) -> list[str]:
    """The words of the English article, for print."""
    title = table.by_hexcode()[slot.shown].title
    return packages.articles("en")[title].extract.split() or [title]


def _gathered(slot: Slot) -> list[str]:
    """The entity among others of the table: 4 or 9 hexcodes in seeded order."""
    dice = slot.dice("gathered")
    others = [row.hexcode for row in table.rows() if row.hexcode != slot.shown]
    board = [slot.shown, *dice.sample(others, dice.choice((3, 8)))]
    dice.shuffle(board)
    return board


def _encoded(image: Image.Image, slot: Slot) -> bytes:
    out = io.BytesIO()
    if picture_format(slot) == "png":
        image.save(out, "PNG", compress_level=1)
    else:
        quality = 72 if slot.fault == NEAR_DUPLICATE else slot.dice("quality").randrange(86, 95)
        image.save(out, "JPEG", quality=quality)
    return out.getvalue()
