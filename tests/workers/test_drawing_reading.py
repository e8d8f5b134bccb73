"""Reading a recaption: what is to be drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.drawing.reading import read
from workers.scenes import LIGHTS, NUMBERS, PLACES

FORMS = {
    "en": "Three tigers {place} {light}, running. The main colours are orange and black.",
    "fr": "Trois tigres {place}, {light}. Les couleurs principales sont l'orange et le noir.",
    "es": "Tres tigres {place}, {light}. Los colores principales son el naranja y el negro.",
}


@pytest.mark.parametrize("language", FORMS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("light", LIGHTS)
def test_every_scene_is_read_back(language: str, place: str, light: str) -> None:
    words = PLACES[place].words[language], LIGHTS[light].words[language]
    reading = read(FORMS[language].format(place=words[0], light=words[1]), language)
    assert (reading.count, reading.place, reading.light) == (3, place, light)
    assert set(reading.colours_of(1)) == {"orange", "black"}


@pytest.mark.parametrize("language", FORMS)
@pytest.mark.parametrize("count", NUMBERS)
def test_every_number_is_read_back(language: str, count: int) -> None:
    place, light = PLACES["snow"].words[language], LIGHTS["noon"].words[language]
    assert read(f"{NUMBERS[count][language]} tigres {place} {light}.", language).count == count


def test_words_of_the_scene_are_no_colours_of_the_subject() -> None:
    reading = read("A tiger in a green meadow at noon. Its main colour is orange.", "en")
    assert reading.colours_of(1) == ("orange",)


def test_numbers_outside_the_scene_count_something_else() -> None:
    text = "A tiger on a sandy beach at dusk. It has four legs and two ears. The two images show it."
    assert read(text, "en").count == 1
    assert read("The two images show a tiger on a sandy beach at dusk.", "en").count == 1


@pytest.mark.parametrize(
    ("text", "language", "leader"),
    [
        ("image_2 is the main model for the subject, and every line of it is kept.", "en", 2),
        ("image_2 leads, image_1 only adds.", "en", 2),
        ("image_2 est le modèle principal du sujet.", "fr", 2),
        ("image_1 es el modelo principal del sujeto.", "es", 1),
        ("The main colours are red and blue. image_1 shows it.", "en", None),
    ],
)
def test_the_leading_reference_is_read(text: str, language: str, leader: int | None) -> None:
    assert read(text, language).leader == leader


def test_colours_said_of_one_reference_are_not_asked_of_the_other() -> None:
    reading = read("In image_1 it is red. In image_2 it is blue.", "en")
    assert reading.colours_of(1) == ("red",)
    assert reading.colours_of(2) == ("blue",)


@given(st.text(max_size=300), st.sampled_from(["en", "fr", "es", "xx", ""]))
def test_any_text_can_be_read(text: str, language: str) -> None:
    reading = read(text, language)
    assert 1 <= reading.count <= 4
    assert reading.place in (None, *PLACES)
    assert reading.light in (None, *LIGHTS)
