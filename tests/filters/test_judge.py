"""The judge stage gathers measurements for any judge, and keeps its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from PIL import Image

from catalogs.records import PictureScores
from catalogs.stage import Kept, Row
from filters.duplicates import Duplicates
from filters.hygiene import Hygiene
from filters.judge import JudgePictures
from filters.leakage import Leakage
from filters.memo import Memo
from filters.pictures import decode
from filters.relevance import Relevance
from filters.rules import Rules
from filters.select import Select
from filters.text_tokens import TextTokens
from tests.filters.rows import ColourWorker, MemoryBlobs, after, candidate, drawing, encoded, row_of
from workers.judging import Judgement, JudgeRequest

MODEL = ColourWorker()
MEASURES = (Hygiene(), Leakage(), Rules(), TextTokens(), Relevance(model=MODEL), Duplicates(model=MODEL))


@dataclass(frozen=True)
class Lenient:
    """A judge that likes everything and remembers what it was asked."""

    name: str = "lenient"
    revision: str = "1"
    asked: list[JudgeRequest] = field(default_factory=list, compare=False)

    def judge(self, requests: Sequence[JudgeRequest]) -> list[list[Judgement]]:
        self.asked.extend(requests)
        nice = Judgement(identity=9, layout=8, quality=7, obstruction=6, reason="lovely")
        return [[nice for _ in request.pictures] for request in requests]


@pytest.fixture(scope="module")
def world() -> tuple[Row, MemoryBlobs]:
    """Two different views of the subject, a stranger, a page that is no picture, and a stray of another
    name."""
    blobs = MemoryBlobs()
    tall, turned = drawing(size=(300, 420)), drawing(size=(420, 330)).rotate(20, fillcolor="white")
    candidates = [
        candidate(blobs, encoded(tall)),
        candidate(blobs, encoded(turned)),
        candidate(blobs, encoded(Image.new("RGB", (320, 300), "navy"))),
        candidate(blobs, b"<html></html>"),
        candidate(blobs, encoded(drawing("gold")), title="Lion - pictures"),
    ]
    return after(row_of(candidates, ground_truth=[]), blobs, *MEASURES), blobs


def test_any_judge_is_given_the_clean_pictures_with_words_and_measurements(
    world: tuple[Row, MemoryBlobs],
) -> None:
    judge = Lenient()
    after(*world, JudgePictures(judge=judge, model=MODEL))
    (request,) = judge.asked
    assert (request.subject, request.noun, request.description) == (
        "Tiger",
        "a tiger",
        "The tiger is a large cat.",
    )
    assert len(request.pictures) == 4
    assert request.pictures[3].title == "Lion - pictures"
    assert {"sharpness", "tokens", "percentile", "agreement", "named"} <= set(
        request.pictures[0].measurements
    )
    assert request.pictures[0].data.startswith(b"\x89PNG")


def test_grades_words_and_colours_are_kept(world: tuple[Row, MemoryBlobs]) -> None:
    scores: list[PictureScores] = after(*world, JudgePictures(judge=Lenient(), model=MODEL))["judge"]
    assert [scores[0].values[part] for part in ("identity", "layout", "quality", "obstruction")] == [
        9,
        8,
        7,
        6,
    ]
    assert scores[0].notes["reason"] == "lovely"
    assert scores[0].notes["colours"].split(",")[0] == "orange"
    assert scores[0].notes["ground"] == "white"
    assert scores[3].values == {}


def test_the_embedded_judge_trusts_what_agrees_and_is_named(world: tuple[Row, MemoryBlobs]) -> None:
    scores: list[PictureScores] = after(*world, JudgePictures(model=MODEL))["judge"]
    identity = [score.values.get("identity") for score in scores]
    assert min(identity[:2]) > 6  # type: ignore[type-var]
    assert scores[2].values["agreement"] < scores[0].values["agreement"]
    assert identity[4] is not None
    assert identity[4] <= 5
    assert "does not name" in scores[4].notes["reason"]


def test_another_judge_is_another_fingerprint() -> None:
    assert JudgePictures(judge=Lenient()).fingerprint != JudgePictures().fingerprint


def test_the_whole_family_ends_in_two_references(world: tuple[Row, MemoryBlobs]) -> None:
    selection = after(*world, JudgePictures(model=MODEL), Select(last=True))["selection"]
    assert [reference.description.split(",")[0] for reference in selection.references] == ["orange", "orange"]
    assert [decision.reason for decision in selection.decisions][3:] == ["html", "identity"]


def test_a_picture_that_several_prompts_found_is_looked_at_once(
    world: tuple[Row, MemoryBlobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    row, blobs = world
    looked: list[bytes] = []

    def counted(data: bytes) -> Image.Image:
        looked.append(data)
        return decode(data)

    monkeypatch.setattr("filters.judge._memo", Memo(8))
    monkeypatch.setattr("filters.judge.decode", counted)
    first, second = JudgePictures(judge=Lenient(), model=MODEL).run([row, row], blobs)
    assert isinstance(first, Kept)
    assert first == second
    assert len(looked) == len(set(looked)) == 4
