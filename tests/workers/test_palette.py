"""Colour names: what one stage writes, another reads."""

from __future__ import annotations

import numpy as np
import pytest

from workers import palette


@pytest.mark.parametrize("language", palette.LANGUAGES)
@pytest.mark.parametrize("key", palette.KEYS)
def test_every_form_of_a_colour_word_is_read_back(key: str, language: str) -> None:
    for form in palette.words(key, language):
        assert palette.find(f"... {form.upper()}, ...", language) == [key]


def test_colours_come_in_the_order_of_their_mention_and_once() -> None:
    assert palette.find("Light blue, red; then blue and red again.", "en") == ["light-blue", "red", "blue"]
    assert palette.find("du bleu clair et une robe noire", "fr") == ["light-blue", "black"]
    assert palette.find("una flor roja y azul claro", "es") == ["red", "light-blue"]


def test_words_inside_other_words_are_no_colours() -> None:
    assert palette.find("a redwood, greenhouses and blackboards", "en") == []


def test_a_language_without_vocabulary_is_read_as_english() -> None:
    assert palette.find("a red apple", "tlh") == ["red"]


@pytest.mark.parametrize("key", palette.KEYS)
def test_a_painted_colour_bears_its_own_name(key: str) -> None:
    for shade in palette.COLOURS[key]:
        assert palette.nearest(shade) == key


def test_shares_sum_to_one_and_of_nothing_to_zero() -> None:
    pixels = np.array([palette.COLOURS["red"][0]] * 3 + [palette.COLOURS["blue"][0]], np.uint8)
    shares = dict(zip(palette.KEYS, palette.shares(pixels), strict=True))
    assert (shares["red"], shares["blue"]) == (0.75, 0.25)
    assert palette.shares(np.zeros((0, 3), np.uint8)).sum() == 0


def test_lab_of_white_and_black_are_the_ends_of_the_scale() -> None:
    white, black = palette.to_lab(np.array([[255, 255, 255], [0, 0, 0]], np.uint8))
    assert white == pytest.approx([100, 0, 0], abs=0.1)
    assert black == pytest.approx([0, 0, 0], abs=0.1)
