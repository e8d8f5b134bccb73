"""What judges of candidate pictures are given, and what they give.

The scale is the published one (Unify-Agent, candidate judge): 0 unusable, 1-5 reject, 6-7 borderline, 8-10
excellent. The release asks for one number; here its four parts are graded one by one, so that a
policy can ask for each of them, and a reader can see which one failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from catalogs.records import Ballot
from catalogs.stage import Worker

PARTS = ("identity", "layout", "quality", "obstruction")
"""The four parts of the published rubric."""


class JudgedPicture(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate as a judge sees it."""

    data: bytes
    """The encoded picture."""
    title: str
    caption: str
    measurements: dict[str, float]
    """What the filters measured: what the embedded judge looks at (see `filters.judge`)."""
    ballot: Ballot | None = None
    """What a vision-language model answered when it was shown the picture; None where none was asked."""


class JudgeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """All clean candidates of one prompt, judged together: the right entity's views agree with one
    another."""

    subject: str
    noun: str
    description: str
    pictures: tuple[JudgedPicture, ...]


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Four grades 0..10 and a reason in words."""

    identity: float
    layout: float
    quality: float
    obstruction: float
    """10 where nothing covers the subject."""
    reason: str
    votes: dict[str, float] = {}
    """Of judges that vote: how many votes count (`votes`), and their spread 0..10 on each part
    (``identity_spread``): the largest grade minus the smallest."""
    by: dict[str, str] = {}
    """Of judges that vote: `judge` (name and revision) and `instruction` (digest of what it was told)."""


class Unjudged(msgspec.Struct, frozen=True, kw_only=True):
    """No grades: what the judge answered cannot be read, and is not guessed."""

    reason: str


class Judge(Worker, Protocol):
    """Anything that grades candidates."""

    def judge(self, requests: Sequence[JudgeRequest]) -> list[list[Judgement | Unjudged]]:
        """One judgement a picture, one list a request, in order."""
        ...
