"""The family of picture filters: every filter scores, one policy (`filters.select`) decides.

A filter reads `image_trace` and writes one column of `PictureScores`, aligned with the trace's candidates.
`PictureFilter` scores pictures one by one and owns what that takes: the candidates of a whole batch
of rows are pooled, each is scored once, and what an earlier round scored is reused. Filters that compare the
candidates of a row with one another derive from `CandidateFilter` and implement `each`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from catalogs.records import Candidate, ImageTrace, PictureScores
from catalogs.stage import Blobs, Kept, Outcome, Resources, Row, Stage
from filters.pictures import UnreadableError

WANTED = 2
"""References a trajectory holds (Unify-Agent: image_1 and image_2)."""

POOL = Resources(cpus=1.0, memory_gib=2.0)
"""All filters ask for the same, so that they share one actor pool and with it the features of a picture."""

CHUNK = 32
"""Pictures handed to `PictureFilter.score` at once: enough for a model's batch, few enough to hold
decoded."""


class CandidateFilter(Stage):
    """Base of all filters: which rows need scoring, and which column it goes to."""

    reads: ClassVar[tuple[str, ...]] = ("image_trace",)
    resources = POOL

    @property
    def column(self) -> str:
        """The one column that the filter writes."""
        return self.writes[0]

    def needed(self, row: Row) -> bool:
        """Later rounds are for rows that are still short of references."""
        if self.round == 1:
            return True
        references = row.get("references")
        return references is None or len(references) < WANTED


@dataclass(frozen=True)
class ScoredPicture:
    """What a filter is given of one candidate."""

    row: Row
    position: int
    """Index in the row's candidates."""
    blobs: Blobs

    @property
    def candidate(self) -> Candidate:
        trace: ImageTrace = self.row["image_trace"]
        return trace.candidates[self.position]

    @property
    def sha256(self) -> str:
        return self.candidate.picture.sha256

    @property
    def data(self) -> bytes:
        """The picture's bytes, fetched anew each time: hold them no longer than needed."""
        return self.blobs.get(self.sha256)

    def of(self, column: str) -> PictureScores:
        """What an earlier filter said of this candidate."""
        scores: PictureScores = self.row[column][self.position]
        return scores


def pictures_of(row: Row, blobs: Blobs) -> list[ScoredPicture]:
    """The candidates of a row, in the order of its trace."""
    return [ScoredPicture(row, position, blobs) for position in range(len(row["image_trace"].candidates))]


class PictureFilter(CandidateFilter):
    """A filter that looks at one picture at a time. Subclasses write `score_one`, or `score` to batch."""

    def score_one(self, picture: ScoredPicture) -> PictureScores:
        """Measurements of one picture; may raise `UnreadableError`, which becomes a note."""
        raise TypeError(f"{type(self).__name__} implements neither score_one() nor score()")

    def score(self, pictures: Sequence[ScoredPicture]) -> list[PictureScores]:
        """Measurements of at most `CHUNK` pictures, in their order. A picture that does not decode has no
        values and a note; it fails neither its row nor its neighbours."""
        return [self._guarded(picture) for picture in pictures]

    def context(self, row: Row, candidate: Candidate) -> Hashable:
        """What a score depends on besides the picture's bytes; equal contexts share a score."""
        return None

    def run(self, rows: Sequence[Row], blobs: Blobs) -> Sequence[Outcome]:
        known = {key: scores for row in rows for key, scores in self._scored_before(row)}
        missing: dict[Hashable, ScoredPicture] = {}
        for row in rows:
            for key, picture in zip(self._keys(row), pictures_of(row, blobs), strict=True):
                if key not in known:
                    missing.setdefault(key, picture)
        for keys in _chunks(list(missing)):
            known.update(zip(keys, self.score([missing[key] for key in keys]), strict=True))
        return [Kept({self.column: [known[key] for key in self._keys(row)]}) for row in rows]

    def _keys(self, row: Row) -> list[Hashable]:
        trace: ImageTrace = row["image_trace"]
        return [(candidate.picture.sha256, self.context(row, candidate)) for candidate in trace.candidates]

    def _scored_before(self, row: Row) -> list[tuple[Hashable, PictureScores]]:
        """Scores of an earlier round. A later round appends to the trace, so they align with its
        beginning."""
        before: Sequence[PictureScores] = row.get(self.column) or []
        shas = [candidate.picture.sha256 for candidate in row["image_trace"].candidates]
        aligned = [scores.sha256 for scores in before] == shas[: len(before)]
        return list(zip(self._keys(row), before, strict=False)) if aligned else []

    def _guarded(self, picture: ScoredPicture) -> PictureScores:
        try:
            return self.score_one(picture)
        except UnreadableError as error:
            return unreadable(picture, error)


def unreadable(picture: ScoredPicture, error: UnreadableError) -> PictureScores:
    """The score of a picture that could not be looked at."""
    return PictureScores(sha256=picture.sha256, values={}, notes={"error": str(error)})


def _chunks(items: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
