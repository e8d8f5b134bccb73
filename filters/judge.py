"""The judge stage: gathers what was measured of all candidates of a prompt and has a judge grade them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from catalogs.digests import rounded_values
from catalogs.records import Ballot, Entity, PictureScores
from catalogs.stage import Blobs, Failed, Kept, Outcome, Row
from filters.appearance import Appearance, appearance_of
from filters.base import CandidateFilter, ScoredPicture, pictures_of
from filters.composition import seams
from filters.consensus import agreements, is_named
from filters.features import PictureFeatures, features_of
from filters.hygiene import is_clean
from filters.memo import Memo
from filters.pictures import decode
from filters.relevance import texts_of
from workers.errors import ModelReplyError
from workers.image_text.handle import ImageTextWorker
from workers.judging import Judge, JudgedPicture, Judgement, JudgeRequest, RulesJudge, Unjudged
from workers.judging.interface import PARTS
from workers.judging.votes import BallotJudge

Looked = tuple[Appearance, tuple[float, float]]
"""Subject and colours, and the seams: what the pixels of a picture alone say."""

_memo: Memo[Looked] = Memo(2048)
"""By content hash: prompts of one entity find the same pictures. At most 10 KB each, the subject's mask."""


@dataclass(frozen=True)
class JudgePictures(CandidateFilter):
    """Writes `judge`, for clean files only: the published rubric in its four parts, and what it rests on.

    - `identity`, `layout`, `quality`, `obstruction`: grades 0..10 by the judge
    - `agreement`: mean cosine to the nearest pictures whose pages name the entity; `voters`: how many there
      were
    - `named`: 1 where the picture's page names the entity
    - `seam_vertical`, `seam_horizontal`: share 0..1 of height (width) covered by the best straight line of
      steps
    - `area`, `offset`, `border_contact`: of the subject, 0..1 (see `filters.appearance`)

    Notes: `reason` (the judge's words), `colours` and `ground` (keys of `workers.palette`, most frequent
    first). A judge that votes adds what `workers.judging.Judgement` has of it.
    """

    name, version = "judge", "4"
    reads: ClassVar[tuple[str, ...]] = ("image_trace", "entity", "hygiene", "rules", "ocr", "relevance")
    optional = ("references",)
    writes = ("judge",)

    judge: Judge = field(default_factory=RulesJudge)
    model: ImageTextWorker = field(default_factory=ImageTextWorker)

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        entity: Entity = row["entity"]
        clean = [picture for picture in pictures_of(row, blobs) if is_clean(picture.of("hygiene"))]
        pairs = zip(clean, features_of(self.model, clean), strict=True)
        seen = [(picture, found) for picture, found in pairs if isinstance(found, PictureFeatures)]
        measured = _measure(entity, seen)
        ballots: dict[str, Ballot] = {ballot.sha256: ballot for ballot in row.get("ballots") or []}
        request = JudgeRequest(
            subject=entity.title,
            noun=texts_of(entity)[0],
            description=texts_of(entity)[-1],
            pictures=tuple(
                JudgedPicture(
                    data=picture.data,
                    title=picture.candidate.title,
                    caption=picture.candidate.picture.caption,
                    measurements=measurements,
                    ballot=ballots.get(picture.sha256),
                )
                for (picture, _), (measurements, _) in zip(seen, measured, strict=True)
            ),
        )
        judgements = self.judge.judge([request])[0]
        scores = {
            picture.position: _scores(picture, measurements, judgement, appearance)
            for (picture, _), (measurements, appearance), judgement in zip(
                seen, measured, judgements, strict=True
            )
        }
        empty = [PictureScores(sha256=c.picture.sha256, values={}) for c in row["image_trace"].candidates]
        return Kept({"judge": [scores.get(position, blank) for position, blank in enumerate(empty)]})


@dataclass(frozen=True)
class CountBallots(JudgePictures):
    """`JudgePictures` by what a panel has answered (`filters.ask_judge`).

    A candidate whose votes cannot be read has no grades and a note that says why; the policy drops it as
    ``unjudged``. Fails with `ModelReplyError` where no candidate's can.
    """

    reads: ClassVar[tuple[str, ...]] = (*JudgePictures.reads, "ballots")

    judge: Judge = field(default_factory=BallotJudge)

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        outcome = super().each(row, blobs)
        asked = {ballot.sha256 for ballot in row["ballots"]}
        if isinstance(outcome, Kept):
            scores: list[PictureScores] = [one for one in outcome.writes["judge"] if one.sha256 in asked]
            unjudged = [one.notes["unjudged"] for one in scores if "unjudged" in one.notes]
            if unjudged and not any(PARTS[0] in one.values for one in scores):
                return Failed(ModelReplyError.__name__, f"no candidate could be judged: {unjudged[0]}")
        return outcome


def _measure(
    entity: Entity, seen: list[tuple[ScoredPicture, PictureFeatures]]
) -> list[tuple[dict[str, float], Appearance]]:
    named = [is_named(entity, picture.candidate) for picture, _ in seen]
    votes = agreements([features for _, features in seen], named)
    measured = []
    for (picture, _), is_of_entity, (agreement, voters) in zip(seen, named, votes, strict=True):
        appearance, (vertical, horizontal) = _looked(picture)
        own = {
            "agreement": agreement,
            "voters": voters,
            "named": float(is_of_entity),
            "seam_vertical": vertical,
            "seam_horizontal": horizontal,
            "area": appearance.area,
            "offset": appearance.offset,
            "border_contact": appearance.border_contact,
        }
        earlier = {**picture.of("rules").values, **picture.of("ocr").values, **picture.of("relevance").values}
        measured.append(({**earlier, **rounded_values(own)}, appearance))
    return measured


def _looked(picture: ScoredPicture) -> Looked:
    def look(_: list[int]) -> list[Looked]:
        image = decode(picture.data)
        return [(appearance_of(image), seams(image))]

    return _memo.get_all([picture.sha256], look)[0]


OWN = ("agreement", "voters", "named", "seam_vertical", "seam_horizontal", "area", "offset", "border_contact")


def _scores(
    picture: ScoredPicture,
    measurements: dict[str, float],
    judgement: Judgement | Unjudged,
    appearance: Appearance,
) -> PictureScores:
    own = {name: measurements[name] for name in OWN}
    seen = {"colours": ",".join(appearance.colours), "ground": ",".join(appearance.ground)}
    if isinstance(judgement, Unjudged):
        # Without grades: the policy drops it as "unjudged".
        return PictureScores(
            sha256=picture.sha256, values=rounded_values(own), notes={"unjudged": judgement.reason, **seen}
        )
    grades = {part: getattr(judgement, part) for part in PARTS}
    return PictureScores(
        sha256=picture.sha256,
        values=rounded_values({**grades, **own, **judgement.votes}),
        notes={"reason": judgement.reason, **seen, **judgement.by},
    )
