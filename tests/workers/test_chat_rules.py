"""The embedded teacher answers from facts alone, equally every time."""

from __future__ import annotations

import pytest

from catalogs.stage import Worker
from workers.chat.interface import ChatRequest
from workers.chat.rules import RulesTeacher, kind_of
from workers.errors import ModelReplyError
from workers.meter import metered

FACTS = {"language": "en", "subject": "Tiger", "noun": "a tiger", "text": "A tiger at dusk."}


def test_it_is_a_worker_with_a_name_and_a_revision() -> None:
    assert isinstance(RulesTeacher(), Worker)
    assert RulesTeacher().name == "rules"
    assert RulesTeacher().revision.startswith("3-")


def test_equal_requests_give_equal_replies_and_each_is_counted() -> None:
    request = ChatRequest(task="gap", messages=(), facts=FACTS)
    with metered() as spent:
        one, two = RulesTeacher().complete([request, request])
    assert one == two
    assert spent.calls == 2


def test_an_unknown_task_or_language_says_what_to_do() -> None:
    with pytest.raises(ModelReplyError, match="knows no task 'sing'"):
        RulesTeacher().complete([ChatRequest(task="sing", messages=(), facts=FACTS)])
    with pytest.raises(ModelReplyError, match="writes ar, en, es, fr, hi, ru, zh, not 'de'"):
        RulesTeacher().complete([ChatRequest(task="gap", messages=(), facts=FACTS | {"language": "de"})])


@pytest.mark.parametrize(
    ("domain", "phrase", "language", "kind"),
    [
        ("animal-plant", "a tiger", "en", "animal"),
        ("animal-plant", "three tulips", "en", "plant"),
        ("animal-plant", "a coral reef fish", "en", "animal"),
        ("animal-plant", "a feather", "en", "thing"),
        ("animal-plant", "un flamant rose", "fr", "animal"),
        ("animal-plant", "une rose", "fr", "plant"),
        ("mythology", "un dragón", "es", "being"),
        ("game", "a surfer", "en", "being"),
        ("game", "a die", "en", "thing"),
        ("food", "a pear", "en", "food"),
        ("uncategorised", "a thing", "en", "thing"),
    ],
)
def test_actions_suit_the_subject(domain: str, phrase: str, language: str, kind: str) -> None:
    assert kind_of({"domain": domain, "phrase": phrase, "language": language}) == kind
