"""An entity is found in a text by any of its names, as whole words, whatever the case and the accents."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from catalogs.leaks.names import NameIndex, names_of
from catalogs.records import Entity, Redirects

Make = Callable[..., Entity]


@pytest.fixture
def tower(entity: Make) -> Entity:
    return entity(
        "Eiffel Tower",
        ("fr", "Tour Eiffel", "la tour Eiffel", "dame de fer"),
        ("ja", "エッフェル塔", "エッフェル塔"),
        noun="the Eiffel Tower",
    )


@pytest.mark.parametrize(
    "text",
    [
        "At noon the EIFFEL TOWER, seen from afar.",
        "Une aquarelle de la Tour  Eiffel",
        "La Dâme de Fer sous la neige",
        "夜のエッフェル塔を描く",
        "eiffel-tower",
        "eiffeltower.jpg",
        "夜のｴｯﾌｪﾙ塔を描く",
        "夜のエッフェル・塔を描く",
    ],
)
def test_a_name_in_a_text_of_any_language(tower: Entity, text: str) -> None:
    assert {m.entity_id for m in NameIndex([tower]).mentions(text)} == {tower.entity_id}


@pytest.mark.parametrize("text", ["the Eiffel towers", "tower", "a tour with Mr Eiffel", ""])
def test_parts_of_a_name_are_no_name(tower: Entity, text: str) -> None:
    assert NameIndex([tower]).mentions(text) == []


def test_articles_and_brackets_are_no_part_of_a_name(entity: Make) -> None:
    plane = entity("Plane (tool)", ("es", "Cepillo", "un cepillo"), noun="a plane", plural="planes")
    assert names_of(plane) == {"en": [("plane",), ("planes",)], "es": [("cepillo",)]}


def test_short_names_of_another_language_are_false_friends(entity: Make) -> None:
    bread = entity("Bread", ("fr", "Pain", "un pain"))
    names = NameIndex([bread])
    assert not names.mentions("a face in pain", "en")
    assert [m.name for m in names.mentions("un morceau de pain", "fr")] == ["pain"]
    assert [m.name for m in names.mentions("pain", "")] == ["pain"]


def test_an_idiom_is_no_name(entity: Make) -> None:
    names = NameIndex([entity("Train", ("fr", "Train", "un train"))])
    assert not names.mentions("un chat en train de dormir, un autre en train d'attendre", "fr")
    assert names.mentions("un chat dans un train", "fr")
    assert names.mentions("en train de nuit: un train de nuit", "fr")


def test_very_short_names_are_compared_as_a_whole_only(entity: Make) -> None:
    film, other = entity("It", noun="It"), entity("It (novel)", noun="It")
    names = NameIndex([film])
    assert not names.mentions("it rains", "en")
    assert [m.entity_id for m in names.namesakes(other)] == [film.entity_id]


def test_namesakes_share_a_name_in_any_language(tower: Entity, entity: Make) -> None:
    again = entity("Iron Lady", ("fr", "La dame de fer (Paris)", "la dame de fer"))
    stranger = entity("Tokyo Tower")
    names = NameIndex([tower])
    assert {m.name for m in names.namesakes(again)} == {"dame de fer"}
    assert names.namesakes(stranger) == names.namesakes(tower) == []


def test_a_name_in_running_text_without_spaces(entity: Make) -> None:
    tower = entity("Eiffel Tower", ("th", "หอไอเฟล", "หอไอเฟล"), ("my", "အီဖယ်လ်မျှော်စင်", "အီဖယ်လ်မျှော်စင်"))
    names = NameIndex([tower])
    assert [m.language for m in names.mentions("ภาพวาดหอไอเฟลตอนกลางคืน", "th")] == ["th"]
    assert [m.language for m in names.mentions("ပါရီရှိအီဖယ်လ်မျှော်စင်ညပုံ", "my")] == ["my"]


def test_full_width_brackets_are_no_part_of_a_name(entity: Make) -> None:
    film = entity("Jaws", ("zh", "大白鲨（电影）", "大白鲨"))
    assert names_of(film)["zh"] == [("大", "白", "鲨")]


@pytest.mark.parametrize("text", ["spiderman on a wall", "Spider Man on a wall", "spider‑man on a wall"])
def test_a_name_is_found_however_its_words_are_joined(entity: Make, text: str) -> None:
    assert NameIndex([entity("Spider-Man")]).mentions(text, "en")


@pytest.mark.parametrize("text", ["a man goes home", "the man, gone by now"])
def test_short_words_do_not_join_to_a_name(entity: Make, text: str) -> None:
    assert not NameIndex([entity("Mango"), entity("Hango")]).mentions(text, "en")


def test_redirects_are_names_and_short_ones_only_as_a_whole(entity: Make) -> None:
    """Some lead to a part of an article: ``Barking`` to the dog."""
    dog = msgspec.structs.replace(
        entity("Dog"), redirects=[Redirects(language="en", titles=["Man's best friend", "Barking"])]
    )
    names = NameIndex([dog])
    assert [m.name for m in names.mentions("my man's best friend", "en")] == ["man s best friend"]
    assert not names.mentions("a barking fox", "en")
    assert [m.name for m in names.namesakes(entity("Barking", noun="Barking"))] == ["barking"]
