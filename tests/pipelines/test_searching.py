"""A stage that known subjects pass is the same stage to everybody else, to the byte of its fingerprint."""

from __future__ import annotations

import pickle
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from catalogs.records import Exemption
from catalogs.stage import Blobs, Kept, Outcome, Row, Stage
from pipelines.engine.graph import Graph, Unfold
from pipelines.searching import Searching
from tests.pipelines.engine.test_flow import bucket, outcomes, run
from tests.pipelines.stages import CALLS, Ask, Mark, WriteTwo


@dataclass(frozen=True)
class Exempt(Stage):
    """Soups need no search."""

    name, version = "exempt", "1"
    reads: ClassVar = ("prompt",)
    writes: ClassVar = ("exemption",)

    def needed(self, row: Row) -> bool:
        return "soup" in row["prompt"].subject

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        return Kept({"exemption": Exemption(reason="soup")})


BEFORE = (Mark(), WriteTwo(), Unfold("prompts", into="prompt"))
BARE = Graph([*BEFORE, Ask(), Ask(round=2)])
PASSED = Graph([*BEFORE, Exempt(), Searching(Ask()), Searching(Ask(round=2))])


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    CALLS.clear()


def test_exempt_records_pass_and_all_others_are_asked(tmp_path: Path) -> None:
    walk = run(tmp_path, PASSED, bucket("soup", "bread"))
    assert outcomes(walk, "ask") == {"kept": 2, "passed": 2}
    assert outcomes(walk, "ask-2") == {"kept": 1, "passed": 3}
    assert not walk.missing
    assert len(walk.records) == 4


def test_what_was_asked_before_is_not_asked_again_and_going_back_is_free(tmp_path: Path) -> None:
    run(tmp_path, BARE, bucket("soup", "bread"))
    asked = Counter(CALLS)
    walk = run(tmp_path, PASSED, bucket("soup", "bread"))
    assert asked == CALLS
    assert outcomes(walk, "ask") == {"kept": 2, "passed": 2}, "an earlier answer is not taken for the exempt"
    run(tmp_path, BARE, bucket("soup", "bread"))
    assert asked == CALLS


def test_it_declares_what_the_stage_inside_declares() -> None:
    stage = Ask(round=2)
    wrapped = pickle.loads(pickle.dumps(Searching(stage)))
    for one in (wrapped, Searching(stage)):
        assert (one.label, one.fingerprint, one.needs) == (stage.label, stage.fingerprint, stage.needs)
        assert (one.slots(), one.models(), one.policy) == (stage.slots(), stage.models(), stage.policy)
