"""Colours of the subject are told from colours of the ground."""

from __future__ import annotations

import pytest
from PIL import Image

from filters.appearance import appearance_of
from tests.filters.rows import drawing


@pytest.mark.parametrize(
    ("paint", "colour"), [("orange", "orange"), ("royalblue", "blue"), ("green", "green"), ("red", "red")]
)
@pytest.mark.parametrize("ground", ["white", "grey"])
def test_the_subject_names_the_main_colour(paint: str, colour: str, ground: str) -> None:
    appearance = appearance_of(drawing(paint, ground=ground))
    assert appearance.colours[0] == colour
    assert appearance.ground == (ground,)


def test_a_gradient_ground_is_ground() -> None:
    ramp = Image.linear_gradient("L").resize((320, 300))
    sky = Image.composite(
        Image.new("RGB", ramp.size, (90, 140, 220)), Image.new("RGB", ramp.size, (190, 220, 250)), ramp
    )
    mask = drawing().convert("L").point(lambda v: 255 * (v < 250))
    sky.paste(drawing(), (0, 0), mask)
    assert appearance_of(sky).colours[0] == "orange"


def test_the_subject_has_area_and_place() -> None:
    appearance = appearance_of(drawing())
    assert 0.15 < appearance.area < 0.25
    assert appearance.offset < 0.1
    assert appearance.border_contact == 0.0


def test_an_empty_picture_has_no_subject() -> None:
    appearance = appearance_of(Image.new("RGB", (50, 40), "white"))
    assert (appearance.colours, appearance.area, appearance.offset) == ((), 0.0, 0.0)


@pytest.mark.parametrize("size", [(1, 1), (1, 90), (3, 2)])
def test_tiny_pictures_are_measured_too(size: tuple[int, int]) -> None:
    assert appearance_of(Image.new("RGB", size, "red")).ground == ("red",)
