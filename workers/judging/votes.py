"""Counting votes: what the stored answers of a panel say. Nobody is asked here (rule 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from catalogs.digests import rounded
from catalogs.records import Ballot, Grades
from workers.errors import ModelReplyError
from workers.judging.fields import Field
from workers.judging.interface import PARTS, Judgement, JudgeRequest, Unjudged
from workers.judging.reply import read_reply

PARSER = "1"
"""Raise it when equal answers are read otherwise."""

CANDIDATE: tuple[Field, ...] = tuple(
    field
    for part in PARTS
    for field in (
        Field(name=part, kind="number", low=0, high=10),
        Field(name=f"{part}_reason", kind="text"),
    )
)
"""What a panel is asked of a candidate."""


@dataclass(frozen=True)
class Count:
    """The votes on one picture that can be read: at least one, and more than half of those that were cast."""

    read: Sequence[Grades]

    def median(self, name: str) -> float:
        """Of one field; of an even number of votes the mean of the two in the middle."""
        return rounded(median(grades.values[name] for grades in self.read))

    def share(self, name: str) -> float:
        """0..1, share of the votes that say yes."""
        return rounded(sum(grades.values[name] for grades in self.read) / len(self.read))

    def spread(self, name: str) -> float:
        """Disagreement: the largest minus the smallest vote; 0 where all agree, or only one was cast."""
        values = [grades.values[name] for grades in self.read]
        return rounded(max(values) - min(values))

    def words(self, note: str, by: str) -> str:
        """Words of the vote that is in the middle by a field: of two the stricter one, then the earlier."""
        ranked = sorted(self.read, key=lambda grades: grades.values[by])
        return ranked[(len(ranked) - 1) // 2].notes[note].strip()


class UnreadBallotError(ModelReplyError):
    """The votes on record are no majority of anything, however often they are counted."""


def is_majority(some: int, votes: int) -> bool:
    """Whether so many of the votes speak for all; half of them do not."""
    return 2 * some > votes


def counted(ballot: Ballot, fields: Sequence[Field]) -> Count:
    """The count of a ballot; raises `UnreadBallotError` where half of the votes or more cannot be read."""
    read, problems = [], []
    for vote in ballot.votes:
        try:
            if vote.problem:
                raise ModelReplyError(vote.problem)
            read.append(read_reply(vote.text, fields))
        except ModelReplyError as error:
            problems.append(str(error))
    if not is_majority(len(read), len(ballot.votes)):
        unread = f"{len(problems)} of {len(ballot.votes)} votes cannot be used"
        raise UnreadBallotError(f"{unread}: {problems[0] if problems else 'none was cast'}")
    return Count(read)


@dataclass(frozen=True)
class BallotJudge:
    """A `Judge` of candidates that counts what a panel has answered."""

    @property
    def name(self) -> str:
        return "ballot-judge"

    @property
    def revision(self) -> str:
        return PARSER

    def judge(self, requests: Sequence[JudgeRequest]) -> list[list[Judgement | Unjudged]]:
        return [[_judgement(picture.ballot) for picture in request.pictures] for request in requests]


def _judgement(ballot: Ballot | None) -> Judgement | Unjudged:
    if ballot is None:
        return Unjudged(reason="nobody was asked")
    try:
        count = counted(ballot, CANDIDATE)
    except ModelReplyError as error:
        return Unjudged(reason=str(error))
    spreads = {f"{part}_spread": count.spread(part) for part in PARTS}
    return Judgement(
        **{part: count.median(part) for part in PARTS},
        reason="; ".join(f"{part}: {count.words(f'{part}_reason', part)}" for part in PARTS),
        votes={"votes": float(len(count.read)), **spreads},
        by={"judge": ballot.judge, "instruction": ballot.instruction},
    )
