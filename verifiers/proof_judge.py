"""Stages ``proof-ask`` and ``proof-count``: a vision-language model looks at every test drawing.

The one stores its answers word for word, the other counts them, so that a new parser asks nobody. The judge
sees the ground truth and the drawing; what it writes for the next recaption has to speak of the drawing alone
(``workers/judging/instructions/proof.md``): the writer must learn nothing from the ground truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import msgspec

from catalogs.digests import rounded
from catalogs.records import (
    Ballot,
    Drawing,
    JudgedDrawing,
    Match,
    Picture,
    Prompt,
    Proof,
    ProofJudgement,
    Verdict,
    Vote,
)
from catalogs.stage import Blobs, Failed, Kept, Outcome, Resources, Row, Stage
from workers.asking import for_records
from workers.errors import WorkerError
from workers.judging.fields import Field
from workers.judging.panel import Panel
from workers.judging.questions import Instruction, Question, instruction
from workers.judging.votes import PARSER, UnreadBallotError, counted, is_majority
from workers.scenes import place_and_light

FIELDS = (
    Field(name="same_subject", kind="flag"),
    Field(name="identity", kind="number", low=0, high=10),
    Field(name="scene_followed", kind="flag"),
    Field(name="critique", kind="text"),
)
"""What a panel is asked of a drawing."""


class ProofStage(Stage):
    """A stage of the proof: its later rounds are for records whose proof failed."""

    def needed(self, row: Row) -> bool:
        verdict: Verdict | None = row.get("verdict")
        return self.round == 1 or (verdict is not None and not verdict.passed)


@dataclass(frozen=True)
class AskProofJudge(ProofStage):
    """Writes `proof_ballots`, one a drawing, in their order; the ground truth is the first picture.

    Fails with the error of a call that brought no answer, and with `UnreadBallotError` where so many calls
    about a drawing were refused that `tracemill retry` has to ask again.
    """

    name, version = "proof-ask", "2"
    reads: ClassVar = ("drawings", "ground_truth", "prompt")
    optional: ClassVar = ("verdict",)
    writes: ClassVar = ("proof_ballots",)
    resources: ClassVar = Resources(cpus=0.5, memory_gib=0.5)

    panel: Panel
    instruction: Instruction = field(default_factory=lambda: instruction("proof", FIELDS))

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        asked = [[self._question(row, drawing) for drawing in row["drawings"]] for row in rows]
        with for_records([[place] for place, several in enumerate(asked) for _ in several]):
            answers = iter(self.panel.ask(self.instruction, [one for several in asked for one in several]))
        return [self._outcome(row, [next(answers) for _ in row["drawings"]]) for row in rows]

    def _question(self, row: Row, drawing: Drawing) -> Question:
        prompt: Prompt = row["prompt"]
        truth: list[Picture] = row["ground_truth"]
        return self.instruction.question(
            truth[0].sha256,
            drawing.picture.sha256,
            subject=prompt.subject,
            noun=prompt.noun,
            prompt=prompt.text,
            scene=_scene(prompt),
        )

    def _outcome(self, row: Row, answers: Sequence[list[Vote] | WorkerError]) -> Outcome:
        ballots = []
        for drawing, votes in zip(row["drawings"], answers, strict=True):
            if isinstance(votes, WorkerError):
                return Failed(type(votes).__name__, str(votes)[:2000])
            problems = [vote.problem for vote in votes if vote.problem]
            if not is_majority(len(votes) - len(problems), len(votes)):
                return Failed(UnreadBallotError.__name__, f"{_unjudged(drawing.seed)}: {problems[0]}"[:2000])
            ballots.append(
                Ballot(
                    sha256=drawing.picture.sha256,
                    judge=self.panel.identity,
                    instruction=self.instruction.digest,
                    votes=votes,
                )
            )
        return Kept({"proof_ballots": ballots})


def _scene(prompt: Prompt) -> str:
    """Number, action, place and light in the words of the prompt."""
    parts = (prompt.phrase or prompt.noun, prompt.scene.action, *place_and_light(prompt))
    return "; ".join(part for part in parts if part)


@dataclass(frozen=True)
class CountProofBallots(ProofStage):
    """Writes `proof_judgement`, and `proof` with the judge's grades among the checks of each drawing.

    Fails with `UnreadBallotError` where the votes on a drawing cannot be read: no drawing is taken unseen.
    """

    name, version = "proof-count", "2"
    reads: ClassVar = ("proof", "proof_ballots", "drawings")
    optional: ClassVar = ("verdict",)
    writes: ClassVar = ("proof", "proof_judgement")
    resources: ClassVar = Resources(cpus=0.25, memory_gib=0.25)
    policy: ClassVar = True

    parser: str = PARSER

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        proof: Proof = row["proof"]
        ballots: list[Ballot] = row["proof_ballots"]
        try:
            drawings = [
                _judged(drawing.seed, ballot)
                for drawing, ballot in zip(row["drawings"], ballots, strict=True)
            ]
        except UnreadBallotError as error:
            return Failed(UnreadBallotError.__name__, str(error)[:2000])
        judgement = ProofJudgement(
            judge=ballots[0].judge if ballots else "",
            instruction=ballots[0].instruction if ballots else "",
            drawings=drawings,
        )
        by_seed = {drawing.seed: drawing for drawing in drawings}
        matches = [_with_checks(match, by_seed[match.seed]) for match in proof.matches]
        return Kept({"proof": msgspec.structs.replace(proof, matches=matches), "proof_judgement": judgement})


def _judged(seed: int, ballot: Ballot) -> JudgedDrawing:
    try:
        count = counted(ballot, FIELDS)
    except UnreadBallotError as error:
        raise UnreadBallotError(f"{_unjudged(seed)}: {error}") from error
    return JudgedDrawing(
        seed=seed,
        same_subject=count.share("same_subject"),
        identity=count.median("identity"),
        scene_followed=count.share("scene_followed"),
        spread={name: count.spread(name) for name in ("same_subject", "identity", "scene_followed")},
        votes=len(count.read),
        critique=count.words("critique", by="identity"),
    )


def _unjudged(seed: int) -> str:
    return f"the drawing with seed {seed} could not be judged"


def _with_checks(match: Match, judged: JudgedDrawing) -> Match:
    """What the catalog, the gallery and the sidecar show of a drawing."""
    checks = {
        "judged_same": judged.same_subject,
        "judged_identity": rounded(judged.identity / 10),
        "judged_scene": judged.scene_followed,
    }
    return msgspec.structs.replace(match, checks={**match.checks, **checks})
