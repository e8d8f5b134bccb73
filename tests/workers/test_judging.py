"""The embedded judge grades measurements on the published scale."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogs.stage import Worker
from workers.judging import JudgedPicture, Judgement, JudgeRequest, RulesJudge
from workers.judging.rules import ALONE, UNNAMED, grade

GOOD = {
    "agreement": 0.97, "voters": 4, "named": 1, "percentile": 1, "seam_vertical": 0.2, "seam_horizontal": 0.3,
    "text_area": 0, "aspect": 1.1, "area": 0.2, "sharpness": 0.5, "shortest": 320, "repeats": 0,
}  # fmt: skip


def judged(**changes: float) -> Judgement:
    picture = JudgedPicture(data=b"", title="", caption="", measurements={**GOOD, **changes})
    ((judgement,),) = RulesJudge().judge(
        [JudgeRequest(subject="Tiger", noun="a tiger", description="", pictures=(picture,))]
    )
    return judgement


def test_a_good_picture_is_excellent_throughout() -> None:
    judgement = judged()
    assert min(judgement.identity, judgement.layout, judgement.quality, judgement.obstruction) == 10
    assert judgement.reason == "no fault found"


@pytest.mark.parametrize(
    ("part", "changes", "words"),
    [
        ("identity", {"agreement": 0.4}, "unlike"),
        ("identity", {"named": 0}, "does not name"),
        ("layout", {"seam_vertical": 0.96, "seam_horizontal": 0.96}, "collage"),
        ("layout", {"text_area": 0.5}, "text"),
        ("layout", {"aspect": 0.4}, "square"),
        ("quality", {"sharpness": 0.15}, "sharp"),
        ("quality", {"shortest": 90}, "small"),
        ("obstruction", {"repeats": 6}, "return"),
    ],
)
def test_each_fault_costs_its_own_part_and_is_named(part: str, changes: dict[str, float], words: str) -> None:
    judgement = judged(**changes)
    assert getattr(judgement, part) <= 5
    assert words in judgement.reason
    others = {"identity", "layout", "quality", "obstruction"} - {part}
    assert min(getattr(judgement, other) for other in others) == 10


def test_a_horizon_is_no_collage() -> None:
    assert judged(seam_horizontal=1.0).layout == 10


def test_identity_without_evidence_is_borderline_at_most() -> None:
    assert judged(voters=0, agreement=0).identity == ALONE
    assert judged(voters=0, agreement=0, named=0).identity == UNNAMED


def test_the_judge_is_a_worker_that_travels() -> None:
    judge = RulesJudge()
    assert isinstance(judge, Worker)
    assert pickle.loads(pickle.dumps(judge)) == judge


@given(st.floats(-2, 2, allow_nan=False))
def test_grades_stay_on_the_scale_and_rise_with_the_curve(value: float) -> None:
    curve = ((0.0, 0.0), (0.5, 6.0), (1.0, 10.0))
    assert 0 <= grade(value, curve) <= grade(value + 0.1, curve) <= 10
