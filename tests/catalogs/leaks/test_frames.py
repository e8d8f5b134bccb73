"""Borders, bars and pages are taken off; what belongs to a picture stays."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageOps

from catalogs.leaks.frames import unframed


@pytest.mark.parametrize("border", [20, (0, 60), (80, 0), (30, 90)])
@pytest.mark.parametrize("colour", ["black", "white", "teal"])
def test_a_frame_is_taken_off(paint: Any, border: Any, colour: str) -> None:
    image = paint("b")
    width, height = unframed(ImageOps.expand(image, border, colour)).size
    assert abs(width - image.width) <= 8
    assert abs(height - image.height) <= 8


def test_a_mat_in_a_frame_is_taken_off_with_it(paint: Any) -> None:
    image = paint("b")
    framed = ImageOps.expand(ImageOps.expand(image, 25, "white"), 15, "black")
    assert abs(unframed(framed).width - image.width) <= 12


def test_a_picture_without_a_frame_stays_as_it_is(paint: Any) -> None:
    image = paint("b")
    assert unframed(image) is image


def test_a_subject_on_a_plain_ground_stays_on_it() -> None:
    image = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(image).ellipse((50, 40, 150, 160), fill="red")
    assert unframed(image) is image


@pytest.mark.parametrize("size", [(200, 200), (1, 1), (3, 500)])
def test_a_flat_picture_has_no_frame(size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, "red")
    assert unframed(image) is image
