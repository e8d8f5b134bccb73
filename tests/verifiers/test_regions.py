"""Finding subjects in a drawing."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from verifiers.regions import copies_by_area, find_regions, groups, subject_crop

SKY, SAND = (150, 204, 244), (236, 212, 150)


def scene(*boxes: tuple[int, int, int, int], fill: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    image = Image.new("RGB", (384, 384), SKY)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 190, 384, 384), fill=SAND)
    for box in boxes:
        pen.rectangle(box, fill=fill, outline=(0, 0, 0), width=4)
    return encoded(image)


def encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_bands_of_sky_and_ground_are_told_from_the_subject() -> None:
    regions = find_regions(scene((140, 120, 240, 320)))
    assert not regions.whole
    assert regions.mask.sum() == pytest.approx(101 * 201, rel=0.02)
    sky, ground = regions.band
    assert tuple(sky) == SKY
    assert tuple(ground) == SAND


@pytest.mark.parametrize("count", [1, 2, 3])
def test_subjects_that_stand_apart_are_counted(count: int) -> None:
    boxes = [(40 + 110 * i, 200, 110 + 110 * i, 300) for i in range(count)]
    assert len(groups(find_regions(scene(*boxes)).mask)) == count


def test_parts_that_lie_close_are_one_subject() -> None:
    assert len(groups(find_regions(scene((100, 150, 180, 300), (190, 150, 270, 300))).mask)) == 1


def test_crumbs_belong_to_the_subject_beside_them() -> None:
    (subject,) = groups(find_regions(scene((60, 150, 180, 300), (260, 200, 275, 215))).mask)
    assert subject[207, 267]


def test_areas_count_subjects_that_fall_into_parts() -> None:
    pair = find_regions(scene((60, 150, 110, 300), (150, 150, 200, 300))).mask
    two_pairs = find_regions(scene(*[(20 + 90 * i, 200, 60 + 90 * i, 320) for i in range(4)])).mask
    assert copies_by_area(two_pairs, pair) == pytest.approx(2, abs=0.1)


def test_a_picture_without_bands_is_one_whole_subject() -> None:
    regions = find_regions(encoded(Image.effect_noise((300, 200), 120).convert("RGB")))
    assert regions.whole
    assert regions.mask.all()
    assert len(groups(np.zeros((50, 50), bool))) == 0


def test_the_crop_is_a_square_on_white_without_the_scene() -> None:
    crop = subject_crop(find_regions(scene((140, 120, 240, 320))))
    assert crop.width == crop.height
    pixels = np.asarray(crop).reshape(-1, 3)
    for ground in (SKY, SAND):
        assert not (np.abs(pixels.astype(int) - ground).max(axis=1) < 8).any()


def test_light_is_taken_off_the_subject() -> None:
    crops = [
        np.asarray(subject_crop(find_regions(scene((140, 120, 240, 320), fill=fill))))
        for fill in ((200, 30, 30), (170, 26, 26))
    ]
    assert np.abs(crops[0].astype(int) - crops[1]).max() < 8


def test_what_is_no_picture_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match="not a picture"):
        find_regions(b"<html>")
