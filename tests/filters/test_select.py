"""The policy: two references, a reason for every candidate, no picture twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from catalogs.records import PictureScores, Selection
from catalogs.stage import Kept, Outcome, Rejected, Row
from filters.policy import MEASURED, REASONS, Policy, broken_rule
from filters.select import Select
from tests.filters.rows import MemoryBlobs, candidate, row_of

SOUND: Mapping[str, Mapping[str, float]] = {
    "hygiene": {
        "readable": 1,
        "html": 0,
        "truncated": 0,
        "animated": 0,
        "bomb": 0,
        "width": 320,
        "height": 300,
    },
    "leakage": {"ground_truth": 0},
    "rules": {"address_words": 0, "shortest": 300, "longest": 320, "aspect": 1.07, "sharpness": 0.5},
    "ocr": {"tokens": 0, "text_area": 0, "repeats": 0},
    "relevance": {"percentile": 1},
    "duplicates": {},
    "judge": {"identity": 9, "layout": 10, "quality": 10, "obstruction": 10},
}


def changed(**changes: float) -> dict[str, dict[str, float]]:
    """Sound scores with some values replaced; a value that no filter has goes to `duplicates`."""
    scores = {column: dict(values) for column, values in SOUND.items()}
    for name, value in changes.items():
        owner = next((column for column, values in scores.items() if name in values), "duplicates")
        scores[owner][name.replace("__", ":")] = value
    return scores


UNREAD = {
    "leakage": {"ground_truth": 0},
    "hygiene": {**SOUND["hygiene"], "readable": 0, "html": 1, "width": 0, "height": 0},
    "rules": {"address_words": 0, "shortest": 0, "longest": 0, "aspect": 0},
    **{column: {} for column in ("ocr", "relevance", "duplicates", "judge")},
}


def row_with(*pictures: Mapping[str, Mapping[str, float]]) -> Row:
    blobs = MemoryBlobs()
    candidates = [candidate(blobs, str(number).encode()) for number in range(len(pictures))]
    cells: dict[str, Any] = {
        column: [
            PictureScores(
                sha256=c.picture.sha256, values=dict(scores[column]), notes={"colours": "orange,black"}
            )
            for c, scores in zip(candidates, pictures, strict=True)
        ]
        for column in MEASURED
    }
    return row_of(candidates, **cells)


def outcome_of(*pictures: Mapping[str, Mapping[str, float]], stage: Select | None = None) -> Outcome:
    (outcome,) = (stage or Select()).run([row_with(*pictures)], MemoryBlobs())
    return outcome


def selection_of(*pictures: Mapping[str, Mapping[str, float]], stage: Select | None = None) -> Selection:
    outcome = outcome_of(*pictures, stage=stage)
    assert isinstance(outcome, Kept | Rejected)
    selection: Selection = outcome.writes["selection"]
    return selection


def reasons_of(*pictures: Mapping[str, Mapping[str, float]]) -> list[str]:
    return [decision.reason for decision in selection_of(*pictures).decisions]


def test_the_best_two_become_image_1_and_image_2() -> None:
    selection = selection_of(changed(identity=7), changed(identity=10), changed(identity=8))
    shas = [decision.sha256 for decision in selection.decisions]
    assert [(r.label, r.candidate.picture.sha256) for r in selection.references] == [
        ("image_1", shas[1]),
        ("image_2", shas[2]),
    ]
    assert [decision.reason for decision in selection.decisions] == ["surplus", "kept", "kept"]


def test_equal_scores_keep_the_order_of_the_search() -> None:
    assert reasons_of(changed(), changed(), changed()) == ["kept", "kept", "surplus"]


def test_every_fault_has_its_reason() -> None:
    faults = {
        "truncated": changed(readable=0, truncated=1),
        "animated": changed(animated=1),
        "bomb": changed(readable=0, bomb=1),
        "icon-address": changed(address_words=1),
        "too-small": changed(shortest=149),
        "too-large": changed(longest=20_001),
        "odd-aspect": changed(aspect=2.3),
        "blur": changed(sharpness=0.15),
        "text-heavy": changed(tokens=101),
        "watermark": changed(repeats=5),
        "off-topic": changed(percentile=0.1),
        "identity": changed(identity=3),
        "layout": changed(layout=3),
        "quality": changed(quality=3),
        "obstruction": changed(obstruction=3),
        "html": UNREAD,
    }
    assert reasons_of(*faults.values()) == list(faults)


def test_a_picture_without_grades_is_never_taken() -> None:
    assert reasons_of({**SOUND, "judge": {}}, {**SOUND, "judge": {"identity": 10}}) == ["unjudged"] * 2


def test_the_first_broken_rule_is_the_reason() -> None:
    assert reasons_of(changed(identity=0, aspect=0.3, tokens=500)) == ["odd-aspect"]


def test_a_copy_is_refused_even_where_it_scores_higher() -> None:
    copy = changed(identity=10, hash__0=2, similarity__0=0.99)
    assert reasons_of(changed(identity=7), copy, changed(identity=7)) == ["kept", "near-duplicate", "kept"]


def test_a_copy_of_a_refused_picture_is_no_copy() -> None:
    copy = changed(hash__0=2, similarity__0=0.99)
    assert reasons_of(changed(shortest=90), copy) == ["too-small", "kept"]


def test_a_copy_of_a_picture_of_something_else_is_refused_with_it() -> None:
    copy = changed(hash__0=2, similarity__0=0.99)
    assert reasons_of(changed(identity=5), copy) == ["identity", "near-duplicate"]


def test_similar_views_of_one_subject_are_two_pictures() -> None:
    view = changed(hash__0=18, similarity__0=0.97)
    assert reasons_of(changed(), view) == ["kept", "kept"]


def test_too_few_references_wait_for_another_round() -> None:
    outcome = outcome_of(changed(), changed(shortest=10))
    assert isinstance(outcome, Kept)
    assert len(outcome.writes["selection"].references) == 1


def test_too_few_references_in_the_last_round_reject_with_their_reasons() -> None:
    outcome = outcome_of(
        changed(), changed(shortest=10), changed(shortest=9), UNREAD, stage=Select(last=True)
    )
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "too-few-references"
    assert outcome.detail == "1 of 2; html 1, too-small 2"
    assert len(outcome.writes["selection"].references) == 1


def test_no_candidates_at_all_is_a_result_too() -> None:
    assert outcome_of(stage=Select(last=True)) == Rejected(
        "too-few-references",
        "0 of 2; no candidates",
        {"references": [], "selection": Selection(references=[], decisions=[])},
    )


def test_a_reference_carries_its_grades_and_its_colours() -> None:
    (reference,) = selection_of(changed(identity=8)).references
    assert reference.judgement == {
        "identity": 8,
        "layout": 10,
        "quality": 10,
        "obstruction": 10,
        "overall": 9.5,
    }
    assert reference.description == "orange,black"


def test_a_threshold_is_part_of_the_fingerprint() -> None:
    other = Select(thresholds=Policy(grade=7.0))
    assert other.fingerprint != Select().fingerprint
    assert Select.policy
    assert not Select().models()


@given(
    st.dictionaries(
        st.sampled_from(
            ["readable", "aspect", "shortest", "tokens", "sharpness", "identity", "layout", "html"]
        ),
        st.floats(0, 400, allow_nan=False),
    )
)
def test_every_reason_is_a_known_rule(changes: dict[str, float]) -> None:
    values = {name: value for part in changed(**changes).values() for name, value in part.items()}
    assert broken_rule(Policy(), values) in {None, *REASONS}
