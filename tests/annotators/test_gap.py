from __future__ import annotations

import pytest

from annotators.gap import FindGap
from catalogs.stage import Kept, Rejected
from tests.annotators.cells import prompted
from tests.annotators.world import TIGER, Teacher, always, first, run
from workers.chat.rules import RulesTeacher


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_the_gap_says_what_is_not_known(language: str) -> None:
    gap = prompted(language)["gap"]
    assert gap.needs_search
    assert len(gap.unknowns) >= 3
    assert "tig" in gap.statement


def test_the_article_is_not_shown_before_the_search() -> None:
    teacher = Teacher()
    run(FindGap(teacher), prompted())
    assert FindGap(teacher).reads == ("prompt",)
    assert TIGER[:40] not in teacher.heard[0].messages[0].text


def test_a_fenced_reply_is_read() -> None:
    reply = '```json\n{"needs_search": false, "unknowns": [], "statement": "Nothing."}\n```'
    outcome = run(FindGap(Teacher({"gap": always(reply)})), prompted())
    assert isinstance(outcome, Kept)
    assert not outcome.writes["gap"].needs_search


def test_an_unreadable_reply_is_asked_for_once_more_then_rejected() -> None:
    assert isinstance(run(FindGap(Teacher({"gap": first("No idea.")})), prompted()), Kept)
    teacher = Teacher({"gap": always('{"needs_search": true, "unknowns": [], "statement": "x"}')})
    outcome = run(FindGap(teacher), prompted())
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "unusable-reply"
    assert len(teacher.heard) == 2


def test_the_wording_of_the_instructions_is_part_of_the_fingerprint() -> None:
    stage = FindGap(RulesTeacher())
    assert stage.fingerprint != FindGap(RulesTeacher(), instructions="other").fingerprint
