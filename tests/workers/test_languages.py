"""A language is one file: what has to be in it, and that its sentences are read as they are meant."""

from __future__ import annotations

import json
import re
import string
from itertools import product
from typing import Any

import pytest

from catalogs.trajectory import parse_reply, validate_recaption
from workers import palette
from workers.chat.describing import visual_words
from workers.chat.interface import ChatRequest
from workers.chat.nouns import folded
from workers.chat.phrasing import phrases
from workers.chat.rules import RulesTeacher
from workers.chat.rules_reading import read as read_passages
from workers.chat.rules_reading import sentences
from workers.drawing.reading import read
from workers.languages import languages
from workers.scenes import LIGHTS, NUMBERS, PLACES, counted

FREE = ("grammar", "reading")
"""Sections in which a language needs no entry that it has no use for."""
NOUNS = {
    "en": ("Tiger", "a tiger"),
    "fr": ("Tigre", "un tigre"),
    "es": ("Tigre", "un tigre"),
    "ru": ("Тигр", "тигр"),
    "ar": ("ببر", "ببر"),
    "zh": ("老虎", "老虎"),
    "hi": ("बाघ", "बाघ"),
}
PLURALS = {
    "en": "tigers",
    "fr": "tigres",
    "es": "tigres",
    "ru": "тигры",
    "ar": "ببور",
    "zh": "老虎",
    "hi": "बाघ",
}
COLOURS = ("orange", "black", "white")


def answer(task: str, facts: dict[str, Any]) -> str:
    return RulesTeacher().complete([ChatRequest(task=task, messages=(), facts=facts)])[0].text


def facts_of(language: str, place: str, light: str, count: int, key: str) -> dict[str, Any]:
    title, noun = NOUNS[language]
    return {
        "key": key,
        "language": language,
        "domain": "animal-plant",
        "subject": title,
        "noun": noun,
        "gender": "m",
        "phrase": noun if count == 1 else counted(count, PLURALS[language], language),
        "form": "descriptive",
        "count": count,
        "place": place,
        "light": light,
        "evidence": [],
        "references": [
            {"label": "image_1", "title": title, "description": ",".join(COLOURS)},
            {"label": "image_2", "title": title, "description": "red,blue"},
        ],
        "attempt": 1,
        "critique": "",
        "reasons": [],
        "previous": "",
    }


def written(facts: dict[str, Any]) -> Any:
    return parse_reply(answer("recaption", facts))


@pytest.mark.parametrize("language", languages())
def test_every_file_has_all_sections_and_every_template_its_slots(language: str) -> None:
    def shape(table: Any) -> Any:
        return {key: shape(value) for key, value in table.items()} if isinstance(table, dict) else None

    def slots(value: Any) -> set[str]:
        texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}

    own, english = phrases(language), phrases("en")
    assert own.keys() == english.keys()
    for section in own.keys() - {*FREE}:
        assert shape(own[section]) == shape(english[section]), section
    for section, entry in [("gap", "statement"), *(("search", key) for key in english["search"])]:
        if entry != "visual":
            assert slots(own[section][entry]) == slots(english[section][entry]), (section, entry)
    for entry in english["recaption"]:
        assert slots(own["recaption"][entry]) <= slots(english["recaption"][entry]) | {
            "place",
            "light",
            "where",
        }
    assert sum(len(templates) for templates in own["prompts"].values()) >= 12


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("form", ["scene-first", "action-first", "descriptive"])
def test_prompts_hold_subject_place_and_light(language: str, form: str) -> None:
    for number, place, light in product(range(4), PLACES, LIGHTS):
        facts = facts_of(language, place, light, 1, f"{number}") | {"form": form}
        prompt = json.loads(answer("prompts", facts))
        for wanted in (facts["phrase"], PLACES[place].words[language], LIGHTS[light].words[language]):
            assert wanted.casefold() in prompt["text"].casefold()
        assert not re.search(r"[{}\[\]|]|\s[,.،。]|  ", prompt["text"])


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("attempt", [1, 2])
@pytest.mark.parametrize("count", [1, *NUMBERS])
def test_what_is_written_is_read_back_and_breaks_no_rule(language: str, attempt: int, count: int) -> None:
    for place, light in product(PLACES, LIGHTS):
        facts = facts_of(language, place, light, count, f"{place}{light}") | {"attempt": attempt}
        facts["action"] = json.loads(answer("prompts", facts))["action"]
        reply = written(
            facts | {"critique": "The drawing fails.", "reasons": ["margin"] if attempt > 1 else []}
        )
        assert reply.recaption
        reading = read(reply.recaption, language)
        assert (reading.count, reading.place, reading.light) == (count, place, light), reply.recaption
        led = 2 if attempt > 1 else None
        assert reading.leader == led
        assert set(reading.colours_of(led or 1)) == set(("red", "blue") if attempt > 1 else COLOURS)
        assert validate_recaption(reply.recaption, reply.think, language, ["image_1", "image_2"]) == []


@pytest.mark.parametrize("language", languages())
def test_the_picture_that_leads_a_second_attempt_is_told_of_first(language: str) -> None:
    for key in "abcd":
        facts = facts_of(language, "meadow", "dusk", 1, key) | {"action": ""}
        facts["critique"] = "It fails."
        thinks = [written(facts).think, written(facts | {"attempt": 2, "reasons": ["margin"]}).think]
        assert 0 < thinks[1].index("It fails.") < thinks[1].index("image_1")
        order = [think.index("image_1") < think.index("image_2") for think in thinks]
        assert order == [True, False]


@pytest.mark.parametrize(("wrote", "asked"), [(a, b) for a in languages() for b in languages() if a != b])
def test_a_recaption_in_another_language_is_told(wrote: str, asked: str) -> None:
    facts = facts_of(wrote, "meadow", "dusk", 1, "key") | {"action": ""}
    reply = written(facts)
    assert reply.recaption
    problems = validate_recaption(reply.recaption, reply.think, asked, ["image_1", "image_2"])
    assert {"wrong-language", "mixed-languages"} & set(problems)
    assert read(reply.recaption, asked).place is None, (
        "the compositor reads no other language than it is told"
    )


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Крылья красноватые, хвост бурый, грудь светло-синяя, Краснодар", "ru", ["brown", "light-blue"]),
        ("В тёмно-синем море и с жёлтыми пятнами", "ru", ["blue", "yellow"]),
        ("بلونيه الأحمر والأصفر، وقد بني عام 1900", "ar", ["red", "yellow"]),
        ("ريشه أزرق فاتح وللأزرق الداكن أثر فيه", "ar", ["light-blue", "blue"]),
        ("它的羽毛是浅蓝色和粉红色的，明白了吗，黄山", "zh", ["light-blue", "pink"]),
        ("उसका रंग हल्का नीला और लाल है, लालच नहीं", "hi", ["light-blue", "red"]),
    ],
)
def test_colours_are_found_in_running_text(text: str, language: str, found: list[str]) -> None:
    assert palette.find(text, language) == found


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("Тигр описан в 1758 г. в Азии. Он крупный. А. С. Пушкин о нём писал.", [29, 41]),
        ("ببر حيوان كبير. يعيش في آسيا؟ نعم.", [15, 29]),
        ("老虎是大型动物。生活在亚洲。“它很大。”人们说。", [8, 14, 20]),
        ("बाघ एक बड़ा पशु है। यह एशिया में रहता है। वह तेज़ है।", [19, 41]),
    ],
)
def test_sentences_end_where_they_do_in_each_script(text: str, ends: list[int]) -> None:
    found = sentences(text)
    assert len(found) == len(ends) + 1
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert [text.index(one) + len(one) for one in found[:-1]] == ends


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("У него длинный хвост и красный нос", "ru", ["длинный", "красный"]),
        ("لونيه الأحمر والأصفر", "ar", ["أحمر", "أصفر"]),
        ("身上有黑色条纹", "zh", ["黑色", "条纹"]),
        ("इसके लाल और पीले रंग", "hi", ["लाल", "पीले"]),
    ],
)
def test_visible_traits_are_found(text: str, language: str, found: list[str]) -> None:
    assert visual_words(text, language) == found


@pytest.mark.parametrize(
    ("language", "noun", "text"),
    [
        ("ru", "лук", "Лук репчатый, или лук — многолетнее растение."),
        ("ar", "بصل", "البصل الشائع، أو بصل، نبات."),
        ("zh", "洋葱", "葱头，又称洋葱，是一种植物。"),
        ("hi", "प्याज", "प्याज एक पौधा है।"),
    ],
)
def test_a_passage_that_defines_another_name_is_read(language: str, noun: str, text: str) -> None:
    facts = {"language": language, "subject": noun, "noun": noun, "queries": ["q"], "most": 4}
    hits = [{"rank": 1, "title": "Allium cepa", "text": text}]
    assert read_passages(facts | {"hits": hits})["evidence"]
    other = [{"rank": 1, "title": "X", "text": text.replace(noun, f"{noun}ок" if language == "ru" else "X")}]
    assert not read_passages(facts | {"hits": other})["evidence"]


def test_vowel_signs_tell_names_apart() -> None:
    assert folded("काला") != folded("कीली")
    assert folded("Élan  Vital!") == "elan vital"
