"""What every filter promises: alignment, one score a picture, reuse, later rounds only where needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from catalogs.records import Candidate, PictureScores, Reference
from catalogs.stage import Row
from filters.base import PictureFilter, ScoredPicture
from filters.pictures import UnreadableError
from tests.filters.rows import MemoryBlobs, candidate, row_of

scored: list[str] = []


@dataclass(frozen=True)
class Sizes(PictureFilter):
    name, version = "sizes", "1"
    optional = ("hygiene", "references")
    writes: ClassVar[tuple[str, ...]] = ("hygiene",)

    def context(self, row: Row, candidate: Candidate) -> str:
        return candidate.title

    def score_one(self, picture: ScoredPicture) -> PictureScores:
        scored.append(picture.sha256)
        if picture.data == b"broken":
            raise UnreadableError("no picture")
        return PictureScores(sha256=picture.sha256, values={"bytes": len(picture.data)})


def scores_of(rows: list[Row], blobs: MemoryBlobs, stage: Sizes | None = None) -> list[list[PictureScores]]:
    scored.clear()
    return [outcome.writes["hygiene"] for outcome in (stage or Sizes()).run(rows, blobs)]  # type: ignore[union-attr]


def test_scores_are_aligned_with_candidates() -> None:
    blobs = MemoryBlobs()
    row = row_of([candidate(blobs, b"aaa"), candidate(blobs, b"b")])
    (scores,) = scores_of([row], blobs)
    assert [score.values["bytes"] for score in scores] == [3, 1]
    assert [score.sha256 for score in scores] == [c.picture.sha256 for c in row["image_trace"].candidates]


def test_a_picture_that_two_rows_found_is_scored_once_a_context() -> None:
    blobs = MemoryBlobs()
    rows = [row_of([candidate(blobs, b"same", title=title)], key=title) for title in ("A", "A", "B")]
    scores_of(rows, blobs)
    assert len(scored) == 2


def test_a_bad_picture_has_a_note_and_spoils_nothing() -> None:
    blobs = MemoryBlobs()
    (scores,) = scores_of([row_of([candidate(blobs, b"broken"), candidate(blobs, b"fine")])], blobs)
    assert scores[0].values == {}
    assert scores[0].notes == {"error": "no picture"}
    assert scores[1].values == {"bytes": 4}


def test_the_second_round_scores_only_what_it_added() -> None:
    blobs = MemoryBlobs()
    first = [candidate(blobs, b"one"), candidate(blobs, b"three")]
    (before,) = scores_of([row_of(first)], blobs)
    added = candidate(blobs, b"seventh")
    (scores,) = scores_of([row_of([*first, added], hygiene=before)], blobs, Sizes(round=2))
    assert scored == [added.picture.sha256]
    assert [score.values["bytes"] for score in scores] == [3, 5, 7]


def test_scores_of_another_trace_are_not_reused() -> None:
    blobs = MemoryBlobs()
    (before,) = scores_of([row_of([candidate(blobs, b"other")])], blobs)
    scores_of([row_of([candidate(blobs, b"new")], hygiene=before)], blobs)
    assert len(scored) == 1


def test_a_later_round_is_for_rows_short_of_references() -> None:
    blobs = MemoryBlobs()
    found = candidate(blobs, b"x")
    references = [
        Reference(label=f"image_{n}", candidate=found, judgement={}, description="") for n in (1, 2)
    ]
    assert Sizes().needed(row_of([found], references=references))
    assert not Sizes(round=2).needed(row_of([found], references=references))
    assert Sizes(round=2).needed(row_of([found], references=references[:1]))


def test_a_row_without_candidates_has_no_scores() -> None:
    assert scores_of([row_of([])], MemoryBlobs()) == [[]]
