"""Votes are counted from what is stored: the middle one counts, disagreement stays visible."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogs.records import Ballot, Vote
from tests.workers.votes import grades
from workers.errors import ModelReplyError
from workers.judging import JudgedPicture, Judgement, JudgeRequest, Unjudged
from workers.judging.votes import CANDIDATE, BallotJudge, counted


def ballot(*texts: str) -> Ballot:
    votes = [Vote(seed=seed, text=text) for seed, text in enumerate(texts)]
    return Ballot(sha256="p", judge="vlm@1", instruction="0123456789abcdef", votes=votes)


def judged(cast: Ballot | None) -> Judgement | Unjudged:
    picture = JudgedPicture(data=b"", title="", caption="", measurements={}, ballot=cast)
    request = JudgeRequest(subject="Tiger", noun="a tiger", description="", pictures=(picture,))
    ((judgement,),) = BallotJudge().judge([request])
    return judgement


def test_the_middle_vote_counts_and_its_words_are_kept() -> None:
    found = judged(ballot(grades(9), grades(2), grades(7.5)))
    assert isinstance(found, Judgement)
    assert (found.identity, found.layout) == (7.5, 8)
    assert found.reason.startswith("identity: identity is 7.5; layout: layout is 8")
    assert found.votes["identity_spread"] == 7
    assert found.votes["layout_spread"] == 0
    assert found.votes["votes"] == 3
    assert found.by == {"judge": "vlm@1", "instruction": "0123456789abcdef"}


def test_a_vote_that_cannot_be_read_does_not_count() -> None:
    found = judged(ballot(grades(9), "nine", grades(7)))
    assert isinstance(found, Judgement)
    assert (found.identity, found.votes["votes"]) == (8, 2)


@pytest.mark.parametrize(
    ("cast", "reason"),
    [
        (ballot("nine"), "1 of 1 votes cannot be used: the answer is not JSON"),
        (ballot(grades(9), "nine"), "1 of 2 votes"),
        (ballot(grades(9).replace("9", '"9"', 1)), "identity is not a number"),
        (ballot(grades(11)), "not within 0 to 10"),
        (ballot('{"identity": 9}'), "no 'identity_reason'"),
        (
            Ballot(sha256="p", judge="", instruction="", votes=[Vote(seed=0, problem="too small")]),
            "too small",
        ),
        (None, "nobody was asked"),
    ],
)
def test_nothing_is_guessed(cast: Ballot | None, reason: str) -> None:
    found = judged(cast)
    assert isinstance(found, Unjudged)
    assert reason in found.reason


@given(st.lists(st.integers(0, 10), min_size=1, max_size=9))
def test_grades_and_spread_are_those_of_the_votes(given_: list[int]) -> None:
    count = counted(ballot(*(grades(one) for one in given_)), CANDIDATE)
    assert count.median("identity") == pytest.approx(statistics.median(given_), abs=1e-3)
    assert count.spread("identity") == max(given_) - min(given_)
    words = float(count.words("identity_reason", "identity").removeprefix("identity is "))
    assert words == statistics.median_low(given_)


def test_a_ballot_without_votes_is_no_judgement() -> None:
    with pytest.raises(ModelReplyError, match="none was cast"):
        counted(ballot(), CANDIDATE)
