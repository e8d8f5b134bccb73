"""Every record that flows, is stored or is shipped, typed once.

The Arrow schema (`catalogs.arrow`), the validation of cells and the reference in the docs come from the
definitions below. A *column* of the flow holds one of these records, or a list of them; `COLUMNS` names
them all. Cells travel and rest as JSON documents, so that a digest of a cell is a digest of its bytes.

Units and ranges: sizes are pixels, `bytes` are bytes, similarities are cosines in -1..1, scores of a judge
are 0..10, shares are 0..1. Floats are rounded by `catalogs.digests.rounded` before they enter a record.
"""

from __future__ import annotations

from typing import Any

import msgspec

Language = str
"""ISO 639-1 code: ``en``, ``fr``, ``es``, ..."""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of all records: immutable, with fields in the order in which they are written.

    msgspec does not hand `kw_only` down, and type checkers want `frozen` said again: every record
    repeats both.
    """


# ---------------------------------------------------------------- where things come from


class Origin(Record, frozen=True, kw_only=True):
    """Where a piece of text or a picture comes from; carried into the shards (rule 8)."""

    url: str
    """Address of the page or file. Package data has a ``pypi:`` address."""
    revision: str = ""
    """Revision id of a page, or version of the package or archive."""
    licence: str = ""
    """SPDX identifier where there is one, e.g. ``CC-BY-SA-4.0``; empty when unknown."""
    author: str = ""
    """Who is to be credited, in the words that the licence asks for."""
    fetched: str = ""
    """ISO 8601 time of fetching; the archive's own date for packages and archives (so that bytes repeat)."""


class Picture(Record, frozen=True, kw_only=True):
    """A picture by content. The bytes rest in the blob store under `sha256`."""

    sha256: str
    media_type: str
    """By content, never by name; ``application/octet-stream`` when it is no picture."""
    width: int
    height: int
    bytes: int
    origin: Origin
    caption: str = ""


class Passage(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of an article, with where it comes from."""

    title: str
    language: Language
    text: str
    origin: Origin
    heading: str = ""
    """Of its section; empty for the lead, and not written then."""

    @property
    def headed(self) -> str:
        """The text with its heading before it, as it is searched and shown."""
        return f"{self.heading}: {self.text}" if self.heading else self.text


# ---------------------------------------------------------------- the entity


class EntityRef(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What a survey lists: enough to schedule an entity and to choose it by, not to describe it.

    Fields that a source leaves out are not written, so that its documents stay as they were.
    """

    entity_id: str
    """16 hex digits from the canonical name; its prefix decides the bucket."""
    domain: str
    """One of `catalogs.categories.CATEGORIES`, or ``uncategorised``."""
    title: str
    locator: str
    """What the source needs to find the entity again."""
    identifiers: dict[str, str] = {}
    """What others call it: ``wikidata`` -> ``Q19939``, ``babelnet`` -> ``bn:00077163n``, ``enwiki`` ->
    ``Tiger``. Sources are merged by them."""
    languages: list[Language] = []
    """Languages in which the source has text about it, sorted; empty where a survey does not tell."""
    country: str = ""
    """ISO 3166-1 code of the country that it belongs to, else what the source calls that country; empty when
    unknown."""
    sitelinks: int | None = None
    """Pages about it in all Wikimedia projects; None when unknown."""
    page_views: int | None = None
    """Views of its articles over thirty days; None when unknown."""


class Name(Record, frozen=True, kw_only=True):
    """How an entity is named in one language."""

    language: Language
    title: str
    noun: str
    """Noun phrase as it stands in a sentence: ``a tiger``, ``la tour Eiffel``."""
    plural: str = ""
    """Bare plural noun, for use after a number; empty where there is none."""
    gender: str = ""
    """``m`` or ``f`` where the language has one."""
    aliases: list[str] = []


class Redirects(Record, frozen=True, kw_only=True):
    """Titles that lead to an entity's article in the Wikipedia of one language, sorted."""

    language: Language
    titles: list[str]


class Entity(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An entity with its names and its lead text in every language that the source has.

    Fields that a source leaves out are not written, so that its documents stay as they were.
    """

    entity_id: str
    title: str
    domain: str
    category_rule: str
    """The rule that decided the category."""
    names: list[Name]
    articles: list[Passage]
    """One lead passage a language, at most."""
    identifiers: dict[str, str] = {}
    """As in `EntityRef`."""
    country: str = ""
    """As in `EntityRef`."""
    sitelinks: int | None = None
    """As in `EntityRef`: how well known it is."""
    page_views: int | None = None
    """As in `EntityRef`."""
    redirects: list[Redirects] = []
    """One a language; not all of them are names of it."""
    category_conflicts: list[str] = []
    """What else was said of its category, and by which rule: ``game by wikidata:Q7889 video game``."""

    def name(self, language: Language) -> Name | None:
        return next((name for name in self.names if name.language == language), None)

    def article(self, language: Language) -> Passage | None:
        return next((article for article in self.articles if article.language == language), None)


class Reservation(Record, frozen=True, kw_only=True):
    """Which split an entity belongs to, decided before anything is spent on it."""

    split: str
    """``train`` or ``benchmark``."""


# ---------------------------------------------------------------- prompt, gap, search


class Scene(Record, frozen=True, kw_only=True):
    """What the prompt asks for besides who: keys into `workers.scenes`."""

    count: int = 1
    """1..4 subjects."""
    place: str
    light: str
    action: str = ""


THIS_ONE, THAT_ONE = "this one", "that one"
"""What stands in a clue for what it leads to, and for what the clue before it led to."""


class Hop(Record, frozen=True, kw_only=True):
    """One link on the way to the subject of a multi-hop prompt, as an article tells it."""

    title: str
    """Entity whose article the link stands in; the prompt names only the first."""
    target: str
    """Entity that the link leads to."""
    clue: str
    """The sentence that holds the link, with `THIS_ONE` for the target and, after the first hop, `THAT_ONE`
    for `title`."""
    language: Language
    origin: Origin
    """Of the sentence."""


class Prompt(Record, frozen=True, kw_only=True, omit_defaults=True):
    """``x``: who does what in which scene."""

    key: str
    """Key of the trajectory: entity id, language, number; no dots."""
    language: Language
    text: str
    form: str
    """``scene-first``, ``action-first``, ``descriptive`` or ``multi-hop``."""
    subject: str
    """The entity's title in the prompt's language."""
    noun: str
    phrase: str = ""
    """The subject with its number, as a sentence names it: ``a tiger``, ``three tigers``."""
    scene: Scene
    model: str
    """Who wrote it: name and revision of the chat worker."""
    wording: dict[str, str] = {}
    """``place`` and ``light`` as the text words them, in languages in which `workers.scenes` has no words."""
    path: list[Hop] = []
    """The links that lead to the subject, which the text does not name; empty where it does."""
    problem: str = ""
    """Why it cannot be used, where the teacher did not mend it; `text` is empty then."""

    @property
    def told(self) -> str:
        """The subject as a teacher is told it: a multi-hop prompt leaves it to be found out."""
        return "(the prompt does not name it: find out what it leads to)" if self.path else self.subject


class Gap(Record, frozen=True, kw_only=True):
    """``g``: what the generator does not know, and whether search is needed at all."""

    needs_search: bool
    unknowns: list[str]
    statement: str
    model: str


class Turn(Record, frozen=True, kw_only=True):
    """One turn of the trace, in the published fields (stage 1 text, 2 image, 3 recaption)."""

    turn: int
    stage: int
    input: str
    response_text: str
    tool_output: str = ""
    ok: bool = True
    """False for a turn that was malformed or refused and then repaired: exports leave it out of the loss."""
    problem: str = ""


class Hit(Record, frozen=True, kw_only=True):
    """One result of a text search."""

    rank: int
    score: float
    passage: Passage


class Evidence(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A sentence that was used, and where it comes from."""

    sentence: str
    title: str
    origin: Origin
    step: int = 0
    """Clue of a multi-hop prompt that it answers, from 1; 0 where it tells of the subject itself."""


class TextTrace(Record, frozen=True, kw_only=True):
    """``t``: the queries, what came back, what was read, which sentences were used."""

    queries: list[str]
    hits: list[Hit]
    evidence: list[Evidence]
    turns: list[Turn]
    model: str

    @property
    def about_subject(self) -> list[Evidence]:
        """What was read of the subject, without what was read on the way to it."""
        return [one for one in self.evidence if not one.step]


class Candidate(Record, frozen=True, kw_only=True):
    """One result of a picture search, fetched."""

    query: int
    """Which query found it: 1 for the first."""
    rank: int
    title: str
    page_url: str
    picture: Picture


class ImageTrace(Record, frozen=True, kw_only=True):
    """The picture queries, their turns, and all candidates in the order in which they were found."""

    queries: list[str]
    turns: list[Turn]
    candidates: list[Candidate]
    model: str


# ---------------------------------------------------------------- filters


class PictureScores(Record, frozen=True, kw_only=True):
    """What one filter says of one picture. `values` holds measurements; what they mean is the policy's."""

    sha256: str
    values: dict[str, float]
    notes: dict[str, str] = {}
    """Words beside the numbers: a media type, a judge's reason, the error of a decoder."""


class Vote(Record, frozen=True, kw_only=True):
    """One answer of a judge, word for word: a new parser reads it again and asks nobody (rule 2)."""

    seed: int
    """Added to the judge's own: 0 for the first vote, 1 for the second."""
    text: str = ""
    refused: list[str] = []
    """The answer before `text` that could not be read, where there was one."""
    problem: str = ""
    """Why there is no answer, e.g. the judge does not take this picture; empty where there is one."""


class Ballot(Record, frozen=True, kw_only=True):
    """All votes of a judge on one picture."""

    sha256: str
    judge: str
    """Name and revision."""
    instruction: str
    """Digest of what the judge was told, and of the fields asked for."""
    votes: list[Vote]


class Decision(Record, frozen=True, kw_only=True):
    """Why a candidate was kept, or not."""

    sha256: str
    kept: bool
    reason: str
    """``kept``, ``surplus``, or the rule that it broke, e.g. ``truncated``."""
    rank_score: float


class Reference(Record, frozen=True, kw_only=True):
    """A chosen reference picture; the first is image_1, the second image_2."""

    label: str
    candidate: Candidate
    judgement: dict[str, float]
    description: str
    """What is seen, in words: main colours, layout."""


class Selection(Record, frozen=True, kw_only=True):
    """``v``: the references, and the decision on every candidate."""

    references: list[Reference]
    decisions: list[Decision]


# ---------------------------------------------------------------- recaption and proof


class Recaption(Record, frozen=True, kw_only=True):
    """``c``: the grounded prompt, with the reasoning that led to it."""

    think: str
    text: str
    language: Language
    attempt: int
    critique: str = ""
    """What the failed proof of the attempt before said, empty for the first."""
    turn: Turn
    refused: list[Turn] = []
    """Turns before `turn` that were malformed and repaired (``ok`` is False)."""
    problems: list[str] = []
    """What the validator found; empty when the recaption is well-formed."""
    model: str


class Drawing(Record, frozen=True, kw_only=True):
    """A test image drawn from recaption and references alone."""

    seed: int
    picture: Picture
    model: str


class Match(Record, frozen=True, kw_only=True):
    """How one drawing compares with the ground truth and with look-alikes."""

    seed: int
    similarity: float
    """Cosine to the ground truth."""
    nearest: str
    """Title of the nearest hard negative."""
    nearest_similarity: float
    margin: float
    """`similarity` minus `nearest_similarity`."""
    checks: dict[str, float] = {}
    """Scene checks, each 0..1: count, place, light, colours. Where a judge saw the drawing, too:
    ``judged_same``, ``judged_identity`` (a tenth of its grade) and ``judged_scene``."""


class Proof(Record, frozen=True, kw_only=True):
    """Scores of all drawings of one recaption."""

    matches: list[Match]
    negatives: list[str]
    """Titles of the hard negatives, nearest first; at least eight where the world holds as many."""
    model: str


class TruthViews(Record, frozen=True, kw_only=True):
    """What the image tower sees in the picture that stands for an entity."""

    picture: Picture
    features: bytes
    """float32 [2, f], little-endian, each row of length 1: its subject on white, plain and mirrored."""


class JudgedDrawing(Record, frozen=True, kw_only=True):
    """What a judge said of one drawing, over its votes."""

    seed: int
    same_subject: float
    """0..1, share of the votes that hold it for the subject of the ground truth."""
    identity: float
    """0..10, median."""
    scene_followed: float
    """0..1, share of the votes that find the scene of the prompt in it."""
    spread: dict[str, float] = {}
    """Disagreement: the largest minus the smallest of what was voted, on each of the three."""
    votes: int
    """That could be read, and count."""
    critique: str
    """In words: of the vote whose identity is in the middle."""


class ProofJudgement(Record, frozen=True, kw_only=True):
    """What a judge said of all drawings of one recaption."""

    judge: str
    """Name and revision."""
    instruction: str
    """Digest of what it was told."""
    drawings: list[JudgedDrawing]


class Verdict(Record, frozen=True, kw_only=True):
    """What the policy says of a proof."""

    passed: bool
    reasons: list[str]
    critique: str


class Knowledge(Record, frozen=True, kw_only=True):
    """Whether the generator draws the subject from the bare prompt. It holds nothing that changes with the
    scores, so that what is searched and written is made again only where the answer changes."""

    known: bool


class Exemption(Record, frozen=True, kw_only=True):
    """That a record needs no search. Only such records have one, and it holds no figures: by it the stages of
    a search know whom to let pass, and whose results are still good."""

    reason: str
    """A slug: ``known-to-generator``."""


class ToolBenefit(Record, frozen=True, kw_only=True):
    """What search and recaption were good for: scores of the accepted drawing, minus those of the best
    drawing that was made from the bare prompt."""

    similarity: float
    margin: float
    closed_similarity: float
    """Of the drawing from the bare prompt: cosine to the ground truth."""
    closed_margin: float


class Attempt(Record, frozen=True, kw_only=True):
    """One recaption with its drawings and its verdict; failed ones become the rejected half of a pair."""

    recaption: Recaption
    drawings: list[Drawing]
    proof: Proof | None
    verdict: Verdict


# ---------------------------------------------------------------- judgements of the process


class TurnJudgement(Record, frozen=True, kw_only=True):
    """What a language model says of one turn of a finished trajectory."""

    turn: int
    stage: int
    """Of the turn, as published."""
    reasoning: str = ""
    critique: str = ""
    score: float | None = None
    """0..1; None where the judge's answer could not be read."""
    problem: str = ""
    """Why there is no judgement; empty where there is one."""


class ProcessJudgement(Record, frozen=True, kw_only=True):
    """One judgement a turn, in the order of the turns that the trajectory ships with."""

    judge: str
    """Name and revision."""
    instruction: str
    """Digest of what it was told."""
    turns: list[TurnJudgement]


# ---------------------------------------------------------------- benchmark scores


class ScoreItem(Record, frozen=True, kw_only=True):
    """One item of a benchmark as a scorer takes it up: what was asked, what is to be judged, against what."""

    key: str
    """The benchmark's own id."""
    category: str
    group: str = ""
    """Coarser than the category; empty where the benchmark has none."""
    text: str
    """The prompt that the picture was made from."""
    language: Language = "en"
    pictures: dict[str, str] = {}
    """Role (``generated``, ``truth_1``, ...) -> SHA-256 of the blob."""
    facts: dict[str, str] = {}
    """What else the benchmark says of the item: the entity, an explanation, captions to compare."""
    missing: str = ""
    """Why the item cannot be scored, a slug such as ``no-picture``; empty where it can."""


class JudgeReply(Record, frozen=True, kw_only=True):
    """What a judge answered, word for word: a new parser reads it again and asks nobody (rule 2)."""

    text: str
    refused: list[str] = []
    """Answers before `text` that could not be read."""
    judge: str
    """Name and revision."""
    instruction: str
    """Digest of the prompt and of the fields asked for."""


class Grades(Record, frozen=True, kw_only=True):
    """What a reply says, or what a measurement gave."""

    values: dict[str, float]
    """Grade by criterion, on the benchmark's own scale."""
    notes: dict[str, str] = {}
    """Words beside the numbers: a rationale."""


COLUMNS: dict[str, Any] = {
    "ref": EntityRef,
    "entity": Entity,
    "ground_truth": list[Picture],
    "truth_views": TruthViews,
    "path": list[Hop],
    "reservation": Reservation,
    "prompts": list[Prompt],
    "prompt": Prompt,
    "closed_drawings": list[Drawing],
    "closed_proof": Proof,
    "knowledge": Knowledge,
    "exemption": Exemption,
    "gap": Gap,
    "text_trace": TextTrace,
    "image_trace": ImageTrace,
    "hygiene": list[PictureScores],
    "leakage": list[PictureScores],
    "rules": list[PictureScores],
    "ocr": list[PictureScores],
    "relevance": list[PictureScores],
    "duplicates": list[PictureScores],
    "ballots": list[Ballot],
    "judge": list[PictureScores],
    "references": list[Reference],
    "selection": Selection,
    "recaption": Recaption,
    "drawings": list[Drawing],
    "proof": Proof,
    "proof_ballots": list[Ballot],
    "proof_judgement": ProofJudgement,
    "verdict": Verdict,
    "attempts": list[Attempt],
    "benefit": ToolBenefit,
    "process_replies": list[JudgeReply],
    "process": ProcessJudgement,
    "score_item": ScoreItem,
    "judge_reply": JudgeReply,
    "grades": Grades,
}
"""Every column of the flow and the type of its cells.

`references` stands beside the `selection` that holds it, so that what is written and drawn from the
references is not done again when only the reason of some decision changes.
"""
