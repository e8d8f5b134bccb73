"""The sidecar of a shard: one row a trajectory, with everything that is worth asking for in SQL.

Written as Parquet beside each tar. The schema is derived from `TrajectoryRow` by `catalogs.arrow`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalogs.digests import rounded
from catalogs.judges import judges_of
from catalogs.records import (
    Attempt,
    Drawing,
    Entity,
    Match,
    Origin,
    Picture,
    ProcessJudgement,
    Prompt,
    Record,
    Selection,
    TextTrace,
    ToolBenefit,
)

ROLES = ("ref1", "ref2", "target", "test")
"""Pictures of a trajectory in a shard: two references, the ground truth, the accepted test drawing. One that
needed no search has no references."""


class Member(Record, frozen=True, kw_only=True):
    """Where a member rests in the tar."""

    name: str
    offset: int
    """Bytes from the start of the tar to the member's data."""
    size: int
    """Bytes of data."""


class PictureRow(Record, frozen=True, kw_only=True):
    """One picture of a trajectory: what it shows it as, where it rests, where it comes from."""

    role: str
    """``ref1``, ``ref2``, ``target`` (ground truth) or ``test`` (accepted drawing)."""
    name: str
    """Name of the member in the tar."""
    offset: int
    """Bytes from the start of the tar to the picture."""
    size: int
    sha256: str
    media_type: str
    width: int
    height: int
    caption: str
    origin: Origin


class TrajectoryRow(Record, frozen=True, kw_only=True):
    """One trajectory."""

    key: str
    """Key in the shard: the members of the trajectory are ``<key>.json``, ``<key>.ref1.jpg``, ..."""
    domain: str
    """FactIP category slug, or ``uncategorised``."""
    bucket: str
    """Prefix of the entity id's hash that cuts the domain."""
    entity_id: str
    title: str
    """Title of the entity in the source's own language."""
    category_rule: str
    """The rule that decided the domain."""
    country: str = ""
    """ISO 3166-1 code of the country that the entity belongs to where there is one; empty when unknown."""
    sitelinks: int | None = None
    """Pages about the entity in all Wikimedia projects; NULL when unknown."""
    page_views: int | None = None
    """Views of the entity's articles over thirty days; NULL when unknown."""
    language: str
    """ISO 639-1 code of prompt and recaption."""
    form: str
    """``scene-first``, ``action-first``, ``descriptive`` or ``multi-hop``."""
    subject: str
    """The entity's title in the prompt's language."""
    prompt: str
    count: int
    """Subjects asked for, 1..4."""
    place: str
    """Key into `workers.scenes.PLACES`."""
    light: str
    """Key into `workers.scenes.LIGHTS`."""
    action: str
    needs_search: bool
    """Whether the gap analysis asked for a search at all."""
    text_queries: list[str]
    picture_queries: list[str]
    hits: int
    """Passages that the text searches brought."""
    evidence: list[Origin]
    """Where the sentences that were used come from, each page once."""
    turns: int
    """Turns of the trace, with text search, picture search and the accepted recaption."""
    repaired_turns: int
    """Turns among them that were malformed or refused."""
    candidates: int
    """Pictures that the picture searches brought and that could be fetched."""
    references: list[str]
    """SHA-256 of image_1, image_2."""
    judgements: list[dict[str, float]]
    """What the judge gave each reference, 0..10, in the order of `references`."""
    recaption: str
    attempts: int
    """Recaptions until the proof was passed: 1, or 2 after one critique."""
    seeds: list[int]
    """Seeds of the drawings of the accepted recaption."""
    test_seed: int
    """Seed of the drawing that is in the shard: the one most like the ground truth."""
    similarity: float
    """Cosine of that drawing to the ground truth, -1..1."""
    nearest: str
    """Title of the nearest look-alike."""
    nearest_similarity: float
    margin: float
    """`similarity` minus `nearest_similarity`."""
    checks: dict[str, float]
    """Scene checks of that drawing, each 0..1, and what a judge said of it (see `catalogs.records.Match`)."""
    benefit_similarity: float | None = None
    """`similarity` minus that of the best drawing from the bare prompt, without any search; NULL where
    nobody measured it."""
    benefit_margin: float | None = None
    """The same of `margin`."""
    process_score: float | None = None
    """What a language model gave the turns, 0..1, on average; NULL where none was asked, or none of its
    answers could be read."""
    models: list[str]
    """Every model that had a part, ``name@revision``, sorted; behind a judge ``#`` and the digest of what it
    was told."""
    licences: list[str]
    """Every licence of a text or picture inside, sorted; an empty string stands for unknown."""
    credits: list[str]
    """Everybody who is to be credited, sorted."""
    pictures: list[PictureRow]


def accepted_attempt(attempts: Iterable[Attempt]) -> Attempt:
    """The attempt that passed its proof; raises ValueError where none did."""
    for attempt in attempts:
        if attempt.verdict.passed:
            return attempt
    raise ValueError("no attempt passed its proof: only verified trajectories belong in a shard")


def best_drawing(attempt: Attempt) -> tuple[Drawing, Match]:
    """The drawing most like the ground truth, with its scores; the lower seed wins a tie."""
    matches = attempt.proof.matches if attempt.proof else []
    if not matches:
        raise ValueError("the accepted attempt has no proof: only verified trajectories belong in a shard")
    match = min(matches, key=lambda match: (-match.similarity, match.seed))
    return next(drawing for drawing in attempt.drawings if drawing.seed == match.seed), match


def pictures_of(cells: Mapping[str, Any]) -> dict[str, Picture]:
    """The pictures of a record by role, as far as it came; ``test`` only where a proof was passed."""
    selection: Selection | None = cells.get("selection")
    references = [reference.candidate.picture for reference in selection.references[:2]] if selection else []
    pictures = {f"ref{number}": picture for number, picture in enumerate(references, start=1)}
    if truth := cells.get("ground_truth"):
        pictures["target"] = truth[0]
    attempts: list[Attempt] = cells.get("attempts") or []
    if any(attempt.verdict.passed for attempt in attempts):
        pictures["test"] = best_drawing(accepted_attempt(attempts))[0].picture
    return pictures


def texts_of(cells: Mapping[str, Any]) -> Iterator[tuple[str, Origin]]:
    """What others wrote and where it comes from: sentences that were used, passages that were only shown,
    clues of the prompt."""
    trace: TextTrace | None = cells.get("text_trace")
    prompt: Prompt | None = cells.get("prompt")
    if trace:
        yield from ((f"text: {one.title}", one.origin) for one in trace.evidence)
        used = {one.origin for one in trace.evidence}
        passages = (hit.passage for hit in trace.hits)
        yield from ((f"shown: {one.title}", one.origin) for one in passages if one.origin not in used)
    if prompt:
        yield from ((f"clue: {hop.title}", hop.origin) for hop in prompt.path)


def row_of(cells: Mapping[str, Any], bucket: str, members: Mapping[str, Member]) -> TrajectoryRow:
    """The row of a verified trajectory.

    `cells` holds decoded columns (`catalogs.records.COLUMNS`), `members` the place of each picture by role.
    """
    entity: Entity = cells["entity"]
    prompt: Prompt = cells["prompt"]
    selection: Selection = cells["selection"]
    text, images = cells["text_trace"], cells["image_trace"]
    attempt = accepted_attempt(cells["attempts"])
    _, match = best_drawing(attempt)
    benefit: ToolBenefit | None = cells.get("benefit")
    turns = [*text.turns, *images.turns, *attempt.recaption.refused, attempt.recaption.turn]
    pictures = pictures_of(cells)
    evidence = list({(used.origin.url, used.origin.revision): used.origin for used in text.evidence}.values())
    texts = (origin for _, origin in texts_of(cells))
    origins = [*texts, *(picture.origin for picture in pictures.values())]
    return TrajectoryRow(
        key=prompt.key,
        domain=entity.domain,
        bucket=bucket,
        entity_id=entity.entity_id,
        title=entity.title,
        category_rule=entity.category_rule,
        country=entity.country,
        sitelinks=entity.sitelinks,
        page_views=entity.page_views,
        language=prompt.language,
        form=prompt.form,
        subject=prompt.subject,
        prompt=prompt.text,
        count=prompt.scene.count,
        place=prompt.scene.place,
        light=prompt.scene.light,
        action=prompt.scene.action,
        needs_search=cells["gap"].needs_search,
        text_queries=text.queries,
        picture_queries=images.queries,
        hits=len(text.hits),
        evidence=evidence,
        turns=len(turns),
        repaired_turns=sum(not turn.ok for turn in turns),
        candidates=len(images.candidates),
        references=[reference.candidate.picture.sha256 for reference in selection.references],
        judgements=[reference.judgement for reference in selection.references],
        recaption=attempt.recaption.text,
        attempts=len(cells["attempts"]),
        seeds=[drawing.seed for drawing in attempt.drawings],
        test_seed=match.seed,
        similarity=match.similarity,
        nearest=match.nearest,
        nearest_similarity=match.nearest_similarity,
        margin=match.margin,
        checks=match.checks,
        benefit_similarity=benefit.similarity if benefit else None,
        benefit_margin=benefit.margin if benefit else None,
        process_score=process_score(cells.get("process")),
        models=_models(cells, attempt),
        licences=sorted({origin.licence for origin in origins}),
        credits=sorted({origin.author for origin in origins} - {""}),
        pictures=[_picture_row(role, pictures[role], members[role]) for role in ROLES if role in pictures],
    )


def process_score(process: ProcessJudgement | None) -> float | None:
    """Mean over the turns that have a judgement, 0..1."""
    scores = [turn.score for turn in process.turns if turn.score is not None] if process else []
    return rounded(sum(scores) / len(scores)) if scores else None


def _models(cells: Mapping[str, Any], attempt: Attempt) -> list[str]:
    parts = [cells["prompt"], cells["gap"], cells["text_trace"], cells["image_trace"]]
    names = {part.model for part in [*parts, attempt.recaption, *attempt.drawings]}
    if attempt.proof:
        names.add(attempt.proof.model)
    # Of a trace without a search nobody is the author.
    return sorted(names.union(judges_of(cells).values()) - {""})


def _picture_row(role: str, picture: Picture, member: Member) -> PictureRow:
    return PictureRow(
        role=role,
        name=member.name,
        offset=member.offset,
        size=member.size,
        sha256=picture.sha256,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        caption=picture.caption,
        origin=picture.origin,
    )
