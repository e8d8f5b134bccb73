"""Scene checks on pixels."""

from __future__ import annotations

from functools import lru_cache

import pytest

from catalogs.records import Scene
from tests.verifiers.world import truth, view
from verifiers.regions import Regions, find_regions
from verifiers.scene import colour_check, scene_checks
from workers.drawing.compositor import Compositor
from workers.drawing.interface import DrawingRequest
from workers.scenes import LIGHTS, NUMBERS, PLACES


@lru_cache(maxsize=64)
def drawn(count: int, place: str, light: str, colours: str = "") -> Regions:
    number = f"{NUMBERS[count]['en']} " if count > 1 else "A "
    text = f"{number}tigers {PLACES[place].words['en']} {LIGHTS[light].words['en']}. {colours}"
    request = DrawingRequest(
        recaption=text, language="en", references=(view("Tiger", 0), view("Tiger", 2)), seed=11
    )
    return find_regions(Compositor().draw([request])[0])


def checks(count: int, place: str, light: str, wanted: Scene) -> dict[str, float]:
    return scene_checks(drawn(count, place, light), find_regions(truth("Tiger")), wanted)


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("place", PLACES)
def test_every_place_and_light_is_told_from_all_others(place: str, light: str) -> None:
    seen = checks(1, place, light, Scene(count=1, place=place, light=light))
    assert min(seen["place"], seen["light"]) > 0.5
    for other in sorted(set(PLACES) - {place}):
        assert checks(1, place, light, Scene(count=1, place=other, light=light))["place"] < 0.5
    for other in sorted(set(LIGHTS) - {light}):
        assert checks(1, place, light, Scene(count=1, place=place, light=other))["light"] < 0.5


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_the_right_number_passes_and_other_numbers_do_not(count: int) -> None:
    for wanted in (1, 2, 3, 4):
        score = checks(count, "meadow", "noon", Scene(count=wanted, place="meadow", light="noon"))["count"]
        assert (score == 1) == (wanted == count)


def test_colours_agree_at_any_light_and_disagree_when_the_recaption_changes_them() -> None:
    tiger = find_regions(truth("Tiger"))
    for light in LIGHTS:
        assert colour_check(drawn(1, "snow", light), tiger) > 0.7
    assert colour_check(drawn(1, "snow", "noon", "Its main colours are blue and purple."), tiger) < 0.5


def test_a_scene_without_words_fails() -> None:
    request = DrawingRequest(recaption="A tiger.", language="en", references=(view("Tiger", 0),), seed=11)
    regions = find_regions(Compositor().draw([request])[0])
    for place in PLACES:
        for light in LIGHTS:
            seen = scene_checks(
                regions, find_regions(truth("Tiger")), Scene(count=1, place=place, light=light)
            )
            assert min(seen["place"], seen["light"]) < 0.5
