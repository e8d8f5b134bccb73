"""Straight lines of steps give a collage away."""

from __future__ import annotations

import pytest
from PIL import Image

from filters.composition import seams
from tests.filters.rows import drawing


def board(across: int) -> Image.Image:
    grounds = ["white", "lightgrey", "beige", "lightblue", "pink", "khaki", "lavender", "white", "plum"]
    side = 360 // across
    image = Image.new("RGB", (side * across,) * 2)
    for number in range(across * across):
        tile = drawing(size=(side, side), ground=grounds[number])
        image.paste(tile, (number % across * side, number // across * side))
    return image


@pytest.mark.parametrize("across", [2, 3])
def test_a_board_has_seams_both_ways(across: int) -> None:
    assert min(seams(board(across))) > 0.9


def test_one_subject_has_none() -> None:
    assert max(seams(drawing())) < 0.7


def test_a_horizon_is_one_seam_only() -> None:
    image = Image.new("RGB", (300, 300), "lightblue")
    image.paste("green", (0, 180, 300, 300))
    vertical, horizontal = seams(image)
    assert horizontal == 1.0
    assert vertical == 0.0


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (1, 50), (50, 1)])
def test_tiny_pictures_have_no_seams(size: tuple[int, int]) -> None:
    assert seams(Image.new("RGB", size, "red")) == (0.0, 0.0)
