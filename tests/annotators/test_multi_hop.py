"""Prompts that lead to their subject without naming it, and prompts in languages that have no table."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from annotators import multi_hop
from annotators.gap import FindGap
from annotators.image_search import SearchImages
from annotators.prompts import WITH_TEXT, WritePrompts
from annotators.text_search import SearchText
from catalogs.records import Entity, Evidence, Hop, Name, Origin, Passage, Prompt, TextTrace
from catalogs.stage import Kept, Rejected
from tests.annotators.world import TIGER, Library, Teacher, Web, always, entity, passage, run
from workers.chat.interface import ChatRequest
from workers.chat.rules import RulesTeacher
from workers.scenes import LIGHTS, PLACES, place_and_light

ORIGIN = Origin(url="https://en.wikipedia.org/wiki/X")
PATH = [
    Hop(
        title="Panthera",
        target="Asia",
        clue="Panthera lives in Africa, the Americas and this one.",
        language="en",
        origin=ORIGIN,
    ),
    Hop(
        title="Asia",
        target="Tiger",
        clue="The largest cat of that one is the striped “this one”.",
        language="en",
        origin=ORIGIN,
    ),
]


def prompts_of(stage: WritePrompts, one: Entity, path: list[Hop] | None = None) -> list[Prompt]:
    outcome = run(stage, {"entity": one} | ({"path": path} if path is not None else {}))
    assert isinstance(outcome, Kept), outcome
    found: list[Prompt] = outcome.writes["prompts"]
    return found


def test_a_path_brings_one_more_prompt_that_does_not_name_the_subject() -> None:
    prompts = prompts_of(WritePrompts(RulesTeacher()), entity(), PATH)
    assert [prompt.key[-3:] for prompt in prompts] == ["en1", "en2", "fr1", "es1"]
    hop = prompts[1]
    assert (hop.form, hop.subject, hop.path) == ("multi-hop", "Tiger", PATH)
    assert "tiger" not in hop.text.casefold()
    assert "Panthera" in hop.text
    assert all(words in hop.text.casefold() for words in place_and_light(hop))
    without = prompts_of(WritePrompts(RulesTeacher()), entity(), [])
    assert without == [prompts[0], *prompts[2:]], "the others are what they were"


def test_the_teacher_is_not_told_what_it_has_to_find_out() -> None:
    reply = {"action": "resting", "text": "Panthera"}
    teacher = Teacher({"multi-hop": always(json.dumps(reply))})
    prompts = prompts_of(WritePrompts(teacher, ("en",)), entity(), PATH)
    asked = [request for request in teacher.heard if request.task == "multi-hop"]
    assert "tiger" not in asked[0].messages[0].text.casefold()
    assert len(asked) == 2, "asked once more, with the reason"
    good, failed = prompts
    assert not good.problem, "a way that cannot be told costs only its own prompt"
    assert (failed.text, failed.form) == ("", "multi-hop")
    assert failed.problem, "which is not dropped in silence"
    hop = prompts_of(WritePrompts(RulesTeacher(), ("en",)), entity(), PATH)[1]
    listener = Teacher({})
    run(FindGap(listener), {"prompt": hop})
    assert "tiger" not in listener.heard[0].messages[0].text.casefold()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("From Panthera on, a tiger {scene}.", "names the subject"),
        ("From Panthera to Asia, what lives there {scene}.", "names the subject, or something on the way"),
        ("What lives there {scene}.", "where it begins"),
        ("From Panthera on, what lives there.", "the place"),
        ("From Panthera on, " + "very " * 200 + "{scene}.", "more than"),
        ("From Panthera on, what lives there {scene}.", ""),
    ],
)
def test_what_gives_the_answer_away_cannot_be_used(text: str, said: str) -> None:
    one = entity()
    scene = multi_hop.scene_of(one, one.names[0], 2)
    words = f"{PLACES[scene.place].words['en']} {LIGHTS[scene.light].words['en']}"
    problem = multi_hop.problem_of(text.format(scene=words), one, one.names[0], scene, PATH)
    assert (said in problem) if said else not problem


WAY = (
    passage("Panthera", "en", "Panthera lives in Africa, the Americas and Asia. It has five species."),
    passage("Asia", "en", "It is big. The largest cat of Asia is the striped “Tiger”. It has paws."),
    passage("Tiger", "en", TIGER),
)


def followed(says: Teacher | RulesTeacher, articles: tuple[Passage, ...] = WAY) -> Any:
    """What `SearchText` makes of the multi-hop prompt, and the cells before it."""
    prompt = prompts_of(WritePrompts(RulesTeacher(), ("en",)), entity(), PATH)[1]
    gap = run(FindGap(says), {"prompt": prompt}).writes["gap"]
    cells = {"prompt": prompt, "gap": gap}
    return run(SearchText(says, Library(articles)), cells), cells


def test_a_search_a_step_then_one_for_the_subject() -> None:
    outcome, cells = followed(RulesTeacher())
    trace: TextTrace = outcome.writes["text_trace"]
    assert [query.split()[0] for query in trace.queries] == ["Panthera", "Asia", "Tiger"]
    assert [one.step for one in trace.evidence][:3] == [1, 2, 0]
    assert all("Tiger" not in turn.response_text for turn in trace.turns[:2]), "not known before it is found"
    assert "Tiger" not in trace.turns[0].input
    assert {one.title for one in trace.about_subject} == {"Tiger"}
    listener = Teacher({})
    run(SearchImages(listener, Web()), cells | {"text_trace": trace})
    assert "largest cat" not in listener.heard[0].messages[-1].text, (
        "what was read on the way is not the subject"
    )


def test_a_way_that_ends_at_something_else_is_rejected_with_what_was_read() -> None:
    def lost(request: ChatRequest, number: int) -> str:
        quote = {"hit": 1, "sentence": "It has five species.", "step": 0}
        return json.dumps({"evidence": [quote], "search_again": False, "summary": "it is Panthera"})

    outcome, _ = followed(Teacher({"read": lost}))
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "wrong-answer"
    assert "it is Panthera" in outcome.detail
    assert outcome.writes["text_trace"].evidence


@pytest.mark.parametrize(
    ("subject", "title", "answered"),
    [
        ("Tiger (album)", "Tiger", False),
        ("Tiger (album)", "Tiger (Album)", True),
        ("Tiger", "Tiger (album)", False),
        ("Tiger (album)", "Albums of the Tiger", True),
    ],
)
def test_a_namesake_is_not_the_answer(subject: str, title: str, answered: bool) -> None:
    prompt = prompts_of(WritePrompts(RulesTeacher()), entity(), PATH)[1]
    prompt = msgspec.structs.replace(prompt, subject=subject, noun="a tiger")
    read = [Evidence(sentence="The tiger is known.", title=title, origin=ORIGIN)]
    assert multi_hop.is_answered(prompt, read) is answered


def test_a_way_that_breaks_off_is_rejected() -> None:
    outcome, _ = followed(RulesTeacher(), (WAY[0],))
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "no-text-evidence"


def test_a_model_is_asked_for_the_step_that_a_sentence_answers() -> None:
    listener = Teacher({})
    followed(listener)
    reads = [request for request in listener.heard if request.task == "read"]
    assert "in 2 steps" in reads[0].messages[-1].text
    assert reads[0].schema is not None
    assert "step" in json.dumps(reads[0].schema)
    opening = next(one for one in listener.heard if one.task == "text-query").messages[0].text
    assert "leads to it in 2 steps" in opening


def german() -> Entity:
    one = entity()
    return Entity(
        entity_id=one.entity_id,
        title="Tiger",
        domain=one.domain,
        category_rule="table",
        names=[
            *one.names,
            Name(language="de", title="Tiger", noun="Tiger"),
            Name(language="hi", title="बाघ", noun="बाघ"),
        ],
        articles=[*one.articles, passage("Tiger", "de", "Der Tiger ist eine Großkatze.")],
    )


REPLY = {
    "action": "ruht",
    "place": "im Schnee",
    "light": "bei Nacht",
    "text": "Ein Tiger ruht im Schnee bei Nacht.",
}


def test_prompts_are_written_in_every_language_with_text() -> None:
    def german_reply(request: ChatRequest, number: int) -> str | None:
        return json.dumps(REPLY) if request.facts["language"] == "de" else None

    teacher = Teacher({"prompts": german_reply})
    prompts = prompts_of(WritePrompts(teacher, (WITH_TEXT,), any_language=True), german())
    assert [prompt.language for prompt in prompts] == ["en", "fr", "es", "de"], "a name alone is not enough"
    told = prompts[-1]
    assert told.wording == {"place": "im Schnee", "light": "bei Nacht"}
    assert place_and_light(told) == ("im Schnee", "bei Nacht")
    assert prompts[0].wording == {}


@pytest.mark.parametrize("missing", ["place", "light"])
def test_the_scene_has_to_stand_in_the_text_as_the_teacher_words_it(missing: str) -> None:
    for words in ("", "am Strand"):
        teacher = Teacher({"prompts": always(json.dumps(REPLY | {missing: words}))})
        outcome = run(WritePrompts(teacher, ("de",), any_language=True), {"entity": german()})
        assert isinstance(outcome, Rejected)
        assert outcome.reason == "unusable-reply"


def test_a_drawing_worker_that_reads_three_languages_gets_no_others() -> None:
    assert len(prompts_of(WritePrompts(Teacher({}), (WITH_TEXT,)), german())) == 3


def test_the_embedded_teacher_leaves_out_what_it_does_not_write() -> None:
    assert len(prompts_of(WritePrompts(RulesTeacher(), (WITH_TEXT,), any_language=True), german())) == 3
