"""A picture keeps its hash through encoders and scales; mirror images and crops have hashes of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from catalogs.leaks.hashes import UnreadablePictureError, hashes_of


def distance(one: np.uint64, other: np.uint64) -> int:
    return int(np.bitwise_count(one ^ other))


@pytest.mark.parametrize("seed", "abcd")
def test_encoder_and_scale_do_not_matter(seed: str, paint: Any, encode: Callable[..., bytes]) -> None:
    image = paint(seed)
    whole = hashes_of(encode(image)).whole[0]
    again = image.resize((181, 140))
    assert distance(whole, hashes_of(encode(again, "JPEG", quality=40)).whole[0]) <= 6
    assert distance(whole, hashes_of(encode(again, "WEBP", quality=40)).whole[0]) <= 6


@pytest.mark.parametrize("seed", "abcd")
def test_the_second_hash_is_that_of_the_mirror_image(
    seed: str, paint: Any, encode: Callable[..., bytes]
) -> None:
    image = paint(seed)
    plain, mirrored = hashes_of(encode(image)).whole, hashes_of(encode(ImageOps.mirror(image))).whole
    assert distance(plain[1], mirrored[0]) <= 2
    assert distance(plain[0], mirrored[1]) <= 2
    assert distance(plain[0], mirrored[0]) > 15


def test_a_crop_is_found_with_its_box(paint: Any, encode: Callable[..., bytes]) -> None:
    image = paint("a")
    hashes = hashes_of(encode(image))
    cut = hashes_of(encode(image.crop((64, 24, 288, 216))), crops=False).whole[0]
    bits = np.bitwise_count(hashes.crops ^ cut)
    assert bits.min() <= 4
    assert np.abs(hashes.boxes[bits.argmin()] - np.array([4, 2, 18, 18])).max() <= 1


def test_different_pictures_lie_far_apart(paint: Any, encode: Callable[..., bytes]) -> None:
    wholes = np.array([hashes_of(encode(paint(str(n))), crops=False).whole for n in range(12)])
    bits = np.bitwise_count(wholes[:, None, :1] ^ wholes[None])
    assert bits[~np.eye(12, dtype=bool)].min() > 10


def test_a_flat_picture_has_no_hash(encode: Callable[..., bytes]) -> None:
    hashes = hashes_of(encode(Image.new("RGB", (50, 40), "teal")))
    assert len(hashes.whole) == len(hashes.crops) == len(hashes.boxes) == 0


def test_transparent_ground_is_white(paint: Any, encode: Callable[..., bytes]) -> None:
    disc = Image.new("L", (320, 240))
    disc.paste(255, (80, 40, 200, 220))
    cut = paint("a")
    cut.putalpha(disc)
    on_white = Image.new("RGB", cut.size, "white")
    on_white.paste(cut, mask=disc)
    assert hashes_of(encode(cut)).whole[0] == hashes_of(encode(on_white)).whole[0]


@pytest.mark.parametrize("data", [b"", b"<html>", b"\x89PNG\r\n\x1a\n cut short"])
def test_what_is_no_picture_is_told(data: bytes) -> None:
    with pytest.raises(UnreadablePictureError):
        hashes_of(data)
