"""Who judged a record reaches everybody who reads it; where no model judged, nothing is said of judges."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from rich.console import Console

from catalogs.judges import judges_of
from catalogs.records import JudgedDrawing, ProofJudgement
from catalogs.review.exhibits import Exhibit
from catalogs.review.show import render
from catalogs.sidecar import Member, row_of
from catalogs.trajectory import published

MakeCells = Callable[..., dict[str, Any]]

WHO = {"judge": "vlm@1-3votes#aaaa", "proof_judge": "vlm@1-3votes#bbbb"}


def published_of(cells: dict[str, Any], **more: Any) -> dict[str, Any]:
    held = {name: cells[name] for name in ("prompt", "gap", "text_trace", "image_trace", "selection")}
    return published(domain="food", recaption=cells["attempts"][-1].recaption, **held, **more)


@pytest.fixture
def judged(make_cells: MakeCells) -> dict[str, Any]:
    cells = make_cells("Apple")
    references = cells["selection"].references
    by = {"judge": "vlm@1-3votes", "instruction": "aaaa", "reason": "identity: a fine apple"}
    scores = [
        msgspec.structs.replace(one, notes=by, sha256=reference.candidate.picture.sha256)
        for one, reference in zip(cells["judge"], references, strict=False)
    ]
    seen = JudgedDrawing(
        seed=11,
        same_subject=1.0,
        identity=8.0,
        scene_followed=0.667,
        spread={"identity": 2.0},
        votes=3,
        critique="The stalk is missing.",
    )
    judgement = ProofJudgement(judge="vlm@1-3votes", instruction="bbbb", drawings=[seen])
    return cells | {"references": references, "judge": scores, "proof_judgement": judgement}


def test_judges_are_named_with_revision_and_digest_of_what_they_were_told(judged: dict[str, Any]) -> None:
    assert judges_of(judged) == WHO


def test_they_are_among_the_models_of_the_sidecar(judged: dict[str, Any]) -> None:
    places = {role: Member(name=role, offset=0, size=1) for role in ("ref1", "ref2", "target", "test")}
    models = row_of(judged, "0", places).models
    assert set(WHO.values()) <= set(models)
    assert models == sorted(models)


def test_they_are_in_the_document_with_what_they_said(judged: dict[str, Any]) -> None:
    details = published_of(judged, proof_judgement=judged["proof_judgement"], judges=judges_of(judged))
    own = json.loads(msgspec.json.encode(details))["tracemill"]
    assert {part: own["models"][part] for part in WHO} == WHO
    assert own["proof_judgement"]["drawings"][0]["critique"] == "The stalk is missing."


def test_they_are_told_in_the_terminal(judged: dict[str, Any]) -> None:
    console = Console(width=100, file=io.StringIO(), force_terminal=False)
    console.print(render(Exhibit("k-en-0", "proven", judged)))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for words in (
        *WHO.values(),
        "seed 11: same 1  identity 8  scene 0.667  votes 3",
        "The stalk is missing.",
    ):
        assert words in text


def test_without_a_judge_nothing_is_said_of_one(make_cells: MakeCells) -> None:
    cells = make_cells("Apple")
    assert judges_of(cells) == {}
    own = published_of(cells, judges=judges_of(cells))["tracemill"]
    assert "proof_judgement" not in own
    assert not {"judge", "proof_judge"} & set(own["models"])
