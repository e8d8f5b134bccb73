from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from annotators.briefs import FORMS
from annotators.prompts import WritePrompts, problem_of
from catalogs.digests import entity_id
from catalogs.records import Entity, Name, Prompt
from catalogs.stage import Failed, Kept, Rejected, Row
from tests.annotators.world import Shelf, Teacher, always, entity, first, run
from workers.chat.phrasing import phrases
from workers.chat.rules import RulesTeacher
from workers.scenes import NUMBERS

TABLE = Path(__file__).parents[2] / "sources" / "sample_world" / "entities.csv"


def table_entities() -> list[Entity]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Entity(
            entity_id=entity_id(f"wikipedia:en:{row['title_en']}"),
            title=row["title_en"],
            domain=row["category"],
            category_rule="table",
            names=[
                Name(
                    language=language,
                    title=row[f"title_{language}"],
                    noun=row[f"noun_{language}"],
                    plural=row[f"plural_{language}"],
                    gender=row.get(f"gender_{language}") or "",
                )
                for language in ("en", "fr", "es")
                if row[f"title_{language}"]
            ],
            articles=[],
        )
        for row in rows
    ]


@pytest.fixture(scope="module")
def table_prompts() -> list[tuple[Entity, Prompt]]:
    entities = table_entities()
    outcomes = WritePrompts(RulesTeacher()).run(
        [Row(one.entity_id, {"entity": one}) for one in entities], Shelf()
    )
    assert all(isinstance(outcome, Kept) for outcome in outcomes)
    return [
        (one, prompt)
        for one, outcome in zip(entities, outcomes, strict=True)
        if isinstance(outcome, Kept)
        for prompt in outcome.writes["prompts"]
    ]


def test_one_prompt_for_each_language_with_a_name() -> None:
    prompts = run(WritePrompts(RulesTeacher()), {"entity": entity()}).writes["prompts"]
    assert [prompt.language for prompt in prompts] == ["en", "fr", "es"]
    assert [prompt.key for prompt in prompts] == [
        f"{entity().entity_id}-{language}1" for language in ("en", "fr", "es")
    ]


def test_more_prompts_a_language_have_numbers_and_differ() -> None:
    prompts = run(WritePrompts(RulesTeacher(), ("en",), 4), {"entity": entity()}).writes["prompts"]
    assert [prompt.key[-3:] for prompt in prompts] == ["en1", "en2", "en3", "en4"]
    assert len({prompt.text for prompt in prompts}) == 4


def test_an_entity_without_a_name_in_the_languages_is_rejected() -> None:
    outcome = run(WritePrompts(RulesTeacher(), ("de",)), {"entity": entity()})
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "no-name"


def test_prompts_of_the_table_give_scene_and_subject_in_readable_words(
    table_prompts: list[tuple[Entity, Prompt]],
) -> None:
    for one, prompt in table_prompts:
        name = one.name(prompt.language)
        assert name is not None
        assert problem_of(prompt.text, name, prompt.scene) == "", prompt.text


def test_prompts_of_the_table_are_tidy_sentences(table_prompts: list[tuple[Entity, Prompt]]) -> None:
    for _, prompt in table_prompts:
        text = prompt.text
        assert text[0] == text[0].upper()
        assert text.endswith(".")
        uncontracted = {"en": (), "fr": ("de le ", "de un ", "de une "), "es": ("de el ",)}[prompt.language]
        for blunder in ("  ", "{", "[", "|", " ,", "..", " .", *uncontracted):
            assert blunder not in text, text


def test_forms_are_balanced_and_counts_are_mostly_one(table_prompts: list[tuple[Entity, Prompt]]) -> None:
    forms = Counter(prompt.form for _, prompt in table_prompts)
    assert set(forms) == set(FORMS)
    assert min(forms.values()) > 0.25 * len(table_prompts)
    counts = Counter(prompt.scene.count for _, prompt in table_prompts)
    assert set(counts) == {1, 2, 3, 4}
    assert counts[1] > 0.7 * len(table_prompts)


def test_only_what_has_a_plural_is_asked_for_several_times(
    table_prompts: list[tuple[Entity, Prompt]],
) -> None:
    for one, prompt in table_prompts:
        name = one.name(prompt.language)
        assert name is not None
        if prompt.scene.count > 1:
            assert prompt.phrase == f"{NUMBERS[prompt.scene.count][prompt.language]} {name.plural}"
            assert one.domain not in ("landmark", "festival")
        else:
            assert prompt.phrase == name.noun


def test_what_cannot_be_carried_stands_in_a_landscape(table_prompts: list[tuple[Entity, Prompt]]) -> None:
    places = Counter(prompt.scene.place for one, prompt in table_prompts if one.domain == "landmark")
    assert not {"street", "table"} & places.keys()
    assert min(places.values()) > 0.5 * places.total() / len(places)


def test_a_language_has_at_least_twelve_syntaxes() -> None:
    for language in ("en", "fr", "es"):
        assert sum(len(templates) for templates in phrases(language)["prompts"].values()) >= 12


def test_equal_entities_give_equal_prompts_alone_and_in_a_batch() -> None:
    stage = WritePrompts(RulesTeacher())
    rows = [Row(one.entity_id, {"entity": one}) for one in table_entities()[:20]]
    together = [outcome.writes for outcome in stage.run(rows, Shelf()) if isinstance(outcome, Kept)]
    alone = [stage.run([row], Shelf())[0].writes for row in reversed(rows)]  # type: ignore[union-attr]
    assert together == alone[::-1]


def test_an_unusable_reply_is_asked_for_once_more_with_the_reason() -> None:
    teacher = Teacher({"prompts": first('{"action": "resting", "text": "A tiger somewhere."}')})
    assert isinstance(run(WritePrompts(teacher, ("en",)), {"entity": entity()}), Kept)
    assert "the place" in teacher.heard[1].messages[-1].text


@pytest.mark.parametrize("reply", ["", "A tiger.", '{"action": 1}', '```json\n{"text": "x"}\n```'])
def test_a_second_unusable_reply_fails_the_record(reply: str) -> None:
    outcome = run(WritePrompts(Teacher({"prompts": always(reply)})), {"entity": entity()})
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "unusable-reply"


def test_one_bad_record_does_not_fail_its_batch() -> None:
    bad = entity()
    rows = [Row("1", {"entity": None}), Row("2", {"entity": bad})]
    outcomes = WritePrompts(RulesTeacher()).run(rows, Shelf())
    assert [type(outcome) for outcome in outcomes] == [Failed, Kept]
