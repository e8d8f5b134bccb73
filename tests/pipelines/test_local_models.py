"""Local models in a run: refused before any work, and given what they declare."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import save_file

from annotators.gap import FindGap
from annotators.process import AskProcess
from annotators.recaption import WriteRecaption
from catalogs.stage import Resources, Stage
from filters.ask_judge import AskJudge
from pipelines.engine.graph import Graph, Unfold
from pipelines.models import models_of
from pipelines.profile import load_profile
from pipelines.runners.on_ray import _check_gpus
from tests.pipelines.stages import Ask, Mark, WriteTwo
from verifiers.closed_book import DrawClosed
from verifiers.draw import DrawTests
from workers.chat.handle import chat_worker
from workers.chat.rules import RulesTeacher
from workers.drawing.handle import drawer_worker
from workers.endpoint import Calls
from workers.errors import ModelLoadError
from workers.judging.panel import Panel


@pytest.mark.parametrize(
    ("field", "spec"),
    [
        ("chat", "transformers:/no/such/folder"),
        ("drawing", "diffusers:/no/such/folder"),
        ("image_text", "transformers:/no/such/folder"),
        ("judge", "transformers:/no/such/folder"),
        ("proof_judge", "transformers:/no/such/folder"),
    ],
)
def test_a_missing_checkpoint_ends_the_run_before_any_call(tmp_path: Path, field: str, spec: str) -> None:
    with pytest.raises(ModelLoadError, match="give an existing folder"):
        models_of(load_profile("embedded", {field: spec}), tmp_path)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """Forms of a vision-language model and of a drawing pipeline, with weights of 8 kB."""
    folder = tmp_path / "checkpoint"
    (folder / "transformer").mkdir(parents=True)
    (folder / "config.json").write_text('{"vision_config": {}}')
    (folder / "model_index.json").write_text('{"_class_name": "Flux2KleinPipeline"}')
    save_file({"weight": np.zeros(2048, np.float32)}, folder / "transformer" / "model.safetensors")
    return folder


@pytest.mark.parametrize("field", ["chat", "drawing", "judge", "proof_judge"])
def test_a_model_that_does_not_fit_ends_the_run_before_any_call(
    field: str, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = "diffusers" if field == "drawing" else "transformers"
    profile = load_profile("embedded", {field: f"{kind}:{checkpoint}"})
    models_of(profile, tmp_path / "out")
    full = SimpleNamespace(available=1024)
    monkeypatch.setattr("psutil.virtual_memory", lambda: full)
    with pytest.raises(ModelLoadError, match="use a smaller model"):
        models_of(profile, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("field", ["chat", "drawing", "judge"])
def test_what_a_spec_says_of_gpu_and_memory_reaches_the_pool(field: str, checkpoint: Path) -> None:
    kind = "diffusers" if field == "drawing" else "transformers"
    spec = f"{kind}:{checkpoint}?device=cuda&gpus=0.3&memory_gib=12"
    calls, blobs = Calls(""), checkpoint
    chat = chat_worker(spec, calls, blobs) if kind == "transformers" else RulesTeacher()
    stages: dict[str, list[Stage]] = {
        "chat": [FindGap(chat), WriteRecaption(chat), AskProcess(chat)],
        "drawing": [DrawTests(drawer_worker(spec, calls)), DrawClosed(drawer_worker(spec, calls))],
        "judge": [AskJudge(Panel(chat))],
    }
    for stage in stages[field]:
        assert (stage.needs.gpus, stage.needs.memory_gib) == (0.3, 12.0), stage


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
