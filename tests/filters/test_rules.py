"""BAGEL's rules as measurements."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from filters.hygiene import Hygiene
from filters.rules import Rules, edge_sharpness, grey_levels, has_icon_words
from tests.filters.rows import MemoryBlobs, after, candidate, drawing, encoded, row_of, values_of


def rules_of(data: bytes, url: str = "https://host.invalid/p/1.jpg") -> dict[str, float]:
    blobs = MemoryBlobs()
    return values_of(after(row_of([candidate(blobs, data, url=url)]), blobs, Hygiene(), Rules()), "rules")[0]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://a.invalid/icons/tiger.png", True),
        ("https://a.invalid/static/Widget/1.png", True),
        ("https://a.invalid/p?kind=icon", True),
        ("https://a.invalid/%69con/1.png", True),
        ("https://silicon.invalid/tiger.jpg", False),
        ("https://a.invalid/tiger.jpg", False),
        ("", False),
    ],
)
def test_icon_words_are_looked_for_in_path_and_query(url: str, found: bool) -> None:
    assert has_icon_words(url) is found


def test_one_file_at_two_addresses_has_two_scores() -> None:
    blobs = MemoryBlobs()
    data = encoded(drawing())
    urls = ("https://a.invalid/icon/1.png", "https://a.invalid/p/1.png")
    row = row_of([candidate(blobs, data, url=url) for url in urls])
    assert [v["address_words"] for v in values_of(after(row, blobs, Hygiene(), Rules()), "rules")] == [1, 0]


def test_sides_and_aspect_are_those_of_the_file() -> None:
    values = rules_of(encoded(drawing(size=(400, 200))))
    assert (values["shortest"], values["longest"], values["aspect"]) == (200, 400, 2.0)


def test_blur_lowers_both_measures_of_clarity() -> None:
    sharp = rules_of(encoded(drawing()))
    soft = rules_of(encoded(drawing().filter(ImageFilter.GaussianBlur(8))))
    assert soft["clarity"] < sharp["clarity"] / 10
    assert soft["sharpness"] < 0.3 < 0.45 < sharp["sharpness"]


def test_sharpness_does_not_depend_on_contrast() -> None:
    faint = Image.blend(Image.new("RGB", (320, 300), "white"), drawing(), 0.4)
    assert edge_sharpness(grey_levels(faint)) == pytest.approx(
        edge_sharpness(grey_levels(drawing())), abs=0.05
    )


def test_a_picture_without_edges_is_not_sharp() -> None:
    assert edge_sharpness(np.full((64, 64), 128, np.float32)) == 0.0


def test_a_truncated_picture_has_sides_but_no_clarity() -> None:
    data = encoded(drawing(), "JPEG")
    values = rules_of(data[: len(data) // 2])
    assert values["shortest"] == 300
    assert "clarity" not in values
