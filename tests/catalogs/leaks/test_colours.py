"""Colours that were changed are fitted; another hue, and another picture, are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from catalogs.leaks.colours import Pixels, colours_of, correlation, paled, toned


def pixels(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGB").resize((24, 24), Image.Resampling.BOX), np.float64)


def curve(gamma: float) -> list[int]:
    return [round(255 * (level / 255) ** gamma) for level in range(256)] * 3


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image.convert("L"),
        lambda image: ImageEnhance.Color(image).enhance(0.2),
        lambda image: ImageEnhance.Color(image.convert("L").convert("RGB")).enhance(2.0).point(curve(2.0)),
        lambda image: ImageEnhance.Brightness(image).enhance(0.4),
        lambda image: image.point(curve(0.5)),
    ],
)
def test_a_picture_is_itself_whatever_became_of_its_colours(
    paint: Any, change: Callable[[Image.Image], Image.Image]
) -> None:
    for seed in "abc":
        one, other = colours_of(pixels(paint(seed))), colours_of(pixels(change(paint(seed))))
        assert toned(one, other) > 0.97
        assert toned(other, one) == pytest.approx(toned(one, other))


def test_saturation_alone_is_fitted_exactly(paint: Any) -> None:
    one = pixels(paint("a"))
    grey = np.repeat((one @ [0.299, 0.587, 0.114])[..., None], 3, axis=2)
    assert paled(colours_of(one), colours_of(grey)) == pytest.approx(1.0)
    assert paled(colours_of(one), colours_of(grey + 0.3 * (one - grey))) == pytest.approx(1.0)
    assert correlation(one, grey) < 0.99


def test_inverted_turned_in_hue_or_another(paint: Any) -> None:
    image = paint("a")
    one = colours_of(pixels(image))
    swapped = Image.merge("RGB", [image.getchannel(name) for name in "GBR"])
    for other in (ImageOps.invert(image), swapped, paint("b"), paint("b").convert("L")):
        assert toned(one, colours_of(pixels(other))) < 0.95


def test_nothing_is_like_a_flat_picture(paint: Any) -> None:
    flat = colours_of(np.full((24, 24, 3), 90.0))
    assert paled(colours_of(pixels(paint("a"))), flat) == pytest.approx(0.0, abs=1e-6)
