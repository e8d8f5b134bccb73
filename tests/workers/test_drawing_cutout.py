"""Cutting a subject out of its ground."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.workers.pictures import encoded, fish, noise
from workers.drawing.cutout import WORKING_SIDE, cut_out
from workers.errors import ModelReplyError

RED = (214, 44, 38)


@pytest.mark.parametrize("ground", ["white", "deep", "gradient", "discs"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_subject_is_cut_from_plain_graded_and_blurred_grounds(ground: str, kind: str) -> None:
    with Image.open(io.BytesIO(fish(RED, ground))) as image:
        cut = cut_out(encoded(image, kind))
    assert not cut.whole
    height, width = cut.mask.shape
    assert width / height == pytest.approx(205 / 100, rel=0.08)
    body = cut.pixels[cut.mask > 0.9]
    red = (np.abs(body.astype(int) - RED).max(axis=1) < 60).mean()
    dark = (body.max(axis=1) < 90).mean()
    assert red + dark > 0.93


def test_a_body_of_the_ground_s_white_stays_inside_its_outline() -> None:
    cut = cut_out(fish((255, 255, 255)))
    assert not cut.whole
    height, width = cut.mask.shape
    assert cut.mask[height // 2, width // 3] > 0.9


def test_a_see_through_part_shows_no_ground() -> None:
    image = Image.new("RGB", (300, 300), (96, 124, 150))
    ring = Image.new("L", (300, 300), 0)
    from PIL import ImageDraw

    ImageDraw.Draw(ring).ellipse((60, 60, 240, 240), outline=255, width=25)
    image.paste((214, 44, 38), (0, 0), ring)
    cut = cut_out(encoded(image))
    assert cut.mask[cut.mask.shape[0] // 2, cut.mask.shape[1] // 2] == 0


def test_transparency_is_taken_as_the_cut() -> None:
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    image.paste((214, 44, 38, 255), (50, 50, 150, 150))
    cut = cut_out(encoded(image))
    assert not cut.whole
    assert cut.mask.shape == pytest.approx((100, 100), abs=3)


def test_a_picture_without_separable_ground_stands_for_its_subject() -> None:
    cut = cut_out(noise())
    assert cut.whole
    assert cut.mask.min() == 1


def test_large_references_are_reduced() -> None:
    cut = cut_out(fish(RED, size=1280))
    assert max(cut.mask.shape) <= WORKING_SIDE


@pytest.mark.parametrize(
    "data", [b"", b"<html>gone</html>", fish(RED)[:300]], ids=["empty", "page", "cut short"]
)
def test_what_is_no_picture_is_a_clear_error(data: bytes) -> None:
    with pytest.raises(ModelReplyError, match="cannot be decoded"):
        cut_out(data)


def test_a_speck_is_too_small_to_draw_from() -> None:
    with pytest.raises(ModelReplyError, match="too small"):
        cut_out(encoded(Image.new("RGB", (4, 4))))
