"""Local models in a run: refused before any work, and given what they declare."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from catalogs.stage import Resources
from pipelines.graph import Graph, Unfold
from pipelines.models import models_of
from pipelines.profile import load_profile
from pipelines.runners.on_ray import _check_gpus
from tests.pipelines.stages import Ask, Mark, WriteTwo
from workers.errors import ModelLoadError


@pytest.mark.parametrize(
    ("field", "spec"),
    [
        ("chat", "transformers:/no/such/folder"),
        ("drawing", "diffusers:/no/such/folder"),
        ("image_text", "transformers:/no/such/folder"),
    ],
)
def test_a_missing_checkpoint_ends_the_run_before_any_call(tmp_path: Path, field: str, spec: str) -> None:
    with pytest.raises(ModelLoadError, match="give an existing folder"):
        models_of(load_profile("embedded", {field: spec}), tmp_path)


NEEDS = Resources(gpus=0.3, memory_gib=12.0)


@dataclass(frozen=True)
class Painter:
    name: str = "painter"
    revision: str = "1"
    resources: Resources = NEEDS


PAINTER = Painter()


@dataclass(frozen=True)
class Paint(Ask):
    name = "paint"
    painter: Painter = PAINTER


def test_a_lane_needs_what_the_worker_of_its_stage_declares() -> None:
    lanes = Graph([Mark(), WriteTwo(), Unfold("prompts", into="prompt"), Paint(), Ask(round=2)]).lanes()
    assert [(lane.needs.gpus, lane.needs.memory_gib) for lane in lanes][1] == (0.3, 12.0)
    assert [lane.needs.gpus for lane in lanes] == [0.0, 0.3, 0.0]


def test_pools_that_want_more_gpus_than_there_are_end_the_run_in_place_of_waiting() -> None:
    _check_gpus(1.0, 1.0)
    with pytest.raises(ModelLoadError, match="smaller share"):
        _check_gpus(1.5, 1.0)
