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


@pytest.mark.parametrize("text", ["the Eiffel towering", "tower", "a tour with Mr Eiffel", ""])
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


@pytest.mark.parametrize(
    "text",
    [
        "\u0415iff\u0435l T\u043ew\u0435r at night",
        "the \u0395iffel \u03a4ower",
        "the ᴇɪꜰꜰᴇʟ ᴛᴏᴡᴇʀ",
        "the E\u200b\u0456ffel Tower",
    ],
)
def test_letters_of_another_script_hide_no_name(tower: Entity, text: str) -> None:
    """Cyrillic and Greek letters that look Latin, small capitals."""
    assert {m.entity_id for m in NameIndex([tower]).mentions(text, "en")} == {tower.entity_id}


def test_a_word_in_lookalikes_from_end_to_end(entity: Make) -> None:
    names = NameIndex([entity("Peacocky", noun="a peacocky"), entity("Cop")])
    lookalikes = "\u0440\u0435\u0430\u0441\u043e\u0441{}\u0443"
    assert [m.name for m in names.mentions(lookalikes.format("k"), "en")] == ["peacocky"]
    assert [m.name for m in names.mentions(lookalikes.format("\u041a"), "en")] == ["peacocky"]
    assert not names.mentions("мусор и \u0441\u043e\u0440", "ru"), "Russian for litter, which looks like cop"


def test_latin_letters_in_a_cyrillic_name(entity: Make) -> None:
    names = NameIndex([entity("Cheburashka", ("ru", "Чебурашка", "Чебурашка"))])
    assert names.mentions("Ч\u0065бур\u0061шка у моря", "ru")
    assert names.mentions("Чебурашка у моря", "ru")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("two Eiffel Towers of matches", "en"),
        ("the Eiffel Tower's lights", "en"),
        ("вид Эйфелевой башни", "ru"),
        ("под Эйфелевою башнею, на Эйфелеву башню", "ru"),
        ("к Чебурашке с подарком", "ru"),
        ("с Чебурашкой", "ru"),
        ("в Русском музее", "ru"),
        ("у Винни-Пуха", "ru"),
        ("на вершине башни Татлина", "ru"),
    ],
)
def test_a_name_takes_endings_in_a_sentence(entity: Make, text: str, language: str) -> None:
    names = NameIndex(
        [
            entity("Eiffel Tower", ("ru", "Эйфелева башня", "Эйфелева башня")),
            entity("Cheburashka", ("ru", "Чебурашка", "Чебурашка")),
            entity("Russian Museum", ("ru", "Русский музей", "Русский музей")),
            entity("Winnie", ("ru", "Винни-Пух", "Винни-Пух")),
            entity("Tatlin", ("ru", "Башня Татлина", "Башня Татлина")),
        ]
    )
    assert len({m.entity_id for m in names.mentions(text, language)}) == 1


def test_another_word_is_no_ending(entity: Make) -> None:
    """Forms are made from the name: what shares a stem with it is not found, nor a short one by its -s."""
    names = NameIndex(
        [entity("Germany", ("ru", "Германия", "Германия")), entity("New", noun="New"), entity("Press")]
    )
    assert not names.mentions("портрет Германа", "ru")
    assert not names.mentions("the news of the presss", "en")
    assert names.namesakes(entity("Germanys")) == [], "a name is compared as it is"
