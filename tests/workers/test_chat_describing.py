"""Words that describe are those of the clauses about the subject."""

from __future__ import annotations

import pytest

from workers.chat.describing import described, is_about, visual_words
from workers.languages import languages


@pytest.mark.parametrize(
    ("language", "sentence", "found"),
    [
        ("en", "The tiger is a large, striped cat that lives in tall grass.", ["large striped cat"]),
        ("en", "It has a long tail, white paws and orange fur.", ["long tail", "white paws", "orange fur"]),
        ("en", "Its fur is red with black stripes.", ["red fur", "black stripes"]),
        ("en", "It has long been hunted.", []),
        ("en", "It is heavier than a small horse and is, like it, brown.", []),
        ("en", "They look like the porcupinefish; these have large spines.", []),
        ("fr", "Elle a une longue queue et un pelage blanc.", ["longue queue", "pelage blanc"]),
        ("fr", "La cerise est un petit fruit rouge, de forme ronde.", ["petit fruit rouge", "forme ronde"]),
        ("es", "La canoa es un bote pequeño con la proa puntiagudo.", ["bote pequeño", "proa puntiagudo"]),
        ("zh", "它有黑色的条纹。", ["黑色", "条纹"]),
    ],
)
def test_what_is_seen_goes_with_the_noun_that_it_is_said_of(
    language: str, sentence: str, found: list[str]
) -> None:
    assert described(sentence, language) == found


@pytest.mark.parametrize(
    ("language", "sentence", "name", "about"),
    [
        ("en", "Most maples have palmate leaves.", "maple", True),
        ("en", "The closest relative of the maples is the small genus Dipteronia.", "maple", False),
        ("en", "In many places, bus drivers need a large vehicle licence.", "bus", False),
        ("en", "Leaves are green.", "leaf", True),
        ("en", "Its wings are red.", "moth", True),
        ("fr", "Les érables sont des arbres.", "érable", True),
        ("fr", "Dans la forêt, l'érable est rouge.", "érable", False),
        ("es", "Tiene la cola larga.", "tigre", True),
        ("ru", "Тигры полосатые.", "тигр", True),
        ("zh", "老虎是大型动物。", "老虎", True),
        ("zh", "大多数人认识老虎的红色。", "老虎", False),
        ("hi", "इसका रंग लाल है।", "बाघ", True),
        ("ar", "هو حيوان كبير.", "ببر", True),
    ],
)
def test_a_sentence_is_about_what_it_opens_with(language: str, sentence: str, name: str, about: bool) -> None:
    assert is_about(sentence, [name], language) is about


@pytest.mark.parametrize("language", languages())
def test_whatever_is_written_nothing_is_described_that_cannot_be_seen(language: str) -> None:
    for sentence in ("", ";", "123, (x).", "It is.", "Its , and"):
        assert described(sentence, language) == visual_words(sentence, language) == []
