"""The asking half of a judge that is a vision-language model: its answers on every candidate, word for word.

`filters.judge` counts them. The question depends on the entity and the picture alone: prompts of one entity
that found the same picture share one call, and no page title or caption can talk the judge into anything. It
is told who the subject is and what its article says; it never sees the ground truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from catalogs.records import Ballot, Entity, Vote
from catalogs.stage import Blobs, Failed, Kept, Outcome, Row
from filters.base import CandidateFilter, ScoredPicture, pictures_of
from filters.hygiene import is_clean
from filters.relevance import texts_of
from workers.asking import for_records
from workers.errors import WorkerError
from workers.judging.panel import Panel
from workers.judging.questions import Instruction, Question, instruction
from workers.judging.votes import CANDIDATE


@dataclass(frozen=True)
class AskJudge(CandidateFilter):
    """Writes `ballots`, one for each different picture that is a clean file and not the ground truth itself.

    No threshold decides who is asked about, so that a new one asks nobody. What an earlier round was
    answered is kept. Fails with the error of a call that brought no answer.
    """

    name, version = "judge-ask", "1"
    reads: ClassVar[tuple[str, ...]] = ("image_trace", "entity", "hygiene", "leakage")
    optional = ("ballots", "references")
    writes = ("ballots",)

    panel: Panel
    instruction: Instruction = field(default_factory=lambda: instruction("candidate", CANDIDATE))

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        asked = [self._questions(row, blobs) for row in rows]
        different = list(dict.fromkeys(question for questions in asked for question in questions.values()))
        with for_records([[n for n, some in enumerate(asked) if one in some.values()] for one in different]):
            answers = dict(zip(different, self.panel.ask(self.instruction, different), strict=True))
        return [
            self._outcome(row, {sha256: answers[question] for sha256, question in questions.items()})
            for row, questions in zip(rows, asked, strict=True)
        ]

    def _questions(self, row: Row, blobs: Blobs) -> dict[str, Question]:
        """SHA-256 -> question of what no earlier round asked."""
        entity: Entity = row["entity"]
        texts = texts_of(entity)
        before = {ballot.sha256 for ballot in _before(row)}
        return {
            picture.sha256: self.instruction.question(
                picture.sha256, subject=entity.title, noun=texts[0], description=texts[-1]
            )
            for picture in pictures_of(row, blobs)
            if picture.sha256 not in before and _is_asked_about(picture)
        }

    def _outcome(self, row: Row, answers: Mapping[str, list[Vote] | WorkerError]) -> Outcome:
        ballots = list(_before(row))
        for sha256, votes in answers.items():
            if isinstance(votes, WorkerError):
                return Failed(type(votes).__name__, str(votes)[:2000])
            ballots.append(
                Ballot(
                    sha256=sha256,
                    judge=self.panel.identity,
                    instruction=self.instruction.digest,
                    votes=votes,
                )
            )
        return Kept({"ballots": ballots})


def _before(row: Row) -> list[Ballot]:
    """What was answered in an earlier round."""
    return row.get("ballots") or []


def _is_asked_about(picture: ScoredPicture) -> bool:
    return is_clean(picture.of("hygiene")) and not picture.of("leakage").values["ground_truth"]
