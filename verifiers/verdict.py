"""Stage ``verdict``: the policy over stored proofs, and the critique for the next recaption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import msgspec

from catalogs.records import Attempt, Drawing, Match, Proof, ProofJudgement, Recaption, Verdict
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Resources, Row, Stage
from verifiers.critique import critique_of


class ProofPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Thresholds of the proof.

    Measured with the compositor and the LiT model on the sample world with seed 1: 249 entities, two
    drawings a recaption, templated recaptions. "Right" drawings come from clean references and a faithful
    recaption, "wrong" ones from references of a look-alike and a recaption that is faithful to those.
    """

    similarity: float = 0.45
    """Least cosine to the ground truth. Right: least 0.52, median 0.86. Wrong: median 0.2 to 0.4."""
    margin: float = 0.02
    """Least lead over the nearest other entity. Right: 1st percentile 0.05, median 0.33. Wrong: -0.015
    at most."""
    count: float = 0.99
    """Least score of the count check: the number has to be right."""
    place: float = 0.5
    """Least score of the place check; 0.5 is half way to the place that looks most like it. Right: least
    0.74."""
    light: float = 0.5
    """Least score of the light check, likewise. Right: least 0.95."""
    colours: float = 0.45
    """Least overlap of the colour histograms. Right: least 0.41, 1st percentile 0.66. Recaptions with two
    colours that the subject lacks: median 0.25."""
    agreement: float = 1.0
    """Share of the drawings that have to pass: 1, because each drawing may come from another reference, and a
    trajectory with one wrong reference is not to be kept."""
    refuted: float = -0.05
    """A drawing with a margin below this shows somebody else. The reference that it came from stays in the
    trajectory, so no later recaption can pass."""


class JudgedPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Thresholds of what a judge says of a drawing, asked beside those of the measurements."""

    same: float = 0.501
    """Least share of the votes that hold it for the subject: more than half, also of 99 (50 of them are
    0.505)."""
    identity: float = 0.6
    """Least tenth of the median grade. Unify-Agent's scale: 1-5 reject, 6-7 borderline, 8-10 excellent."""
    scene: float = 0.501
    """Least share of the votes that find the scene of the prompt: more than half."""


@dataclass(frozen=True)
class Decide(Stage):
    """Keeps the attempt and its verdict. In the last round a failed proof rejects the record.

    Rejects with ``proof-identity``, ``proof-margin``, ``proof-scene`` or ``recaption-format``, the first that
    applies in this order; `detail` is the critique.
    """

    name, version = "verdict", "3"
    reads: ClassVar[tuple[str, ...]] = ("recaption", "drawings", "proof")
    optional: ClassVar = ("attempts", "verdict")
    writes: ClassVar = ("verdict", "attempts")
    resources: ClassVar = Resources(cpus=0.25, memory_gib=0.25)
    policy: ClassVar = True

    proof: ProofPolicy = field(default_factory=ProofPolicy)
    last: bool = False

    def needed(self, row: Row) -> bool:
        verdict: Verdict | None = row.get("verdict")
        return self.round == 1 or (verdict is not None and not verdict.passed)

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        before: list[Attempt] = row.get("attempts") or []
        recaption: Recaption = row["recaption"]
        drawings: list[Drawing] = row["drawings"]
        proof: Proof = row["proof"]
        verdict = self.verdict(row, before)
        attempt = Attempt(recaption=recaption, drawings=drawings, proof=proof, verdict=verdict)
        writes = {"verdict": verdict, "attempts": [*before, attempt]}
        if verdict.passed or not self.last:
            return Kept(writes)
        return Rejected(_slug(verdict.reasons), verdict.critique, writes)

    def verdict(self, row: Row, before: list[Attempt]) -> Verdict:
        """On the newest attempt; `before` are those that failed."""
        return judge(row["recaption"], row["proof"], self.proof, before)


@dataclass(frozen=True)
class DecideJudged(Decide):
    """`Decide` over a proof that a judge has seen (`verifiers.proof_judge`): its grades have to pass as well,
    and its words go into the critique."""

    reads: ClassVar = (*Decide.reads, "proof_judgement")

    judged: JudgedPolicy = field(default_factory=JudgedPolicy)

    def verdict(self, row: Row, before: list[Attempt]) -> Verdict:
        judgement: ProofJudgement = row["proof_judgement"]
        words = {drawing.seed: drawing.critique for drawing in judgement.drawings}
        return judge(row["recaption"], row["proof"], self.proof, before, self.judged, words)


def judge(
    recaption: Recaption,
    proof: Proof,
    policy: ProofPolicy,
    before: list[Attempt],
    judged: JudgedPolicy | None = None,
    words: Mapping[int, str] = {},
) -> Verdict:
    """The verdict on one attempt. `reasons` name what failed, in the order of `ProofPolicy`, each once.

    Where there is a policy on what a judge said, its failures follow; `words` are the judge's on the drawing
    of a seed.
    """
    if recaption.problems or not proof.matches:
        problems = recaption.problems or ["no drawing"]
        return Verdict(
            passed=False,
            reasons=["format"],
            critique=f"The recaption breaks its format: {', '.join(problems)}.",
        )
    failures = [[*failures_of(match, policy), *judged_failures(match, judged)] for match in proof.matches]
    earlier = [match for attempt in before if attempt.proof for match in attempt.proof.matches]
    refuted = [match for match in (*earlier, *proof.matches) if match.margin < policy.refuted]
    agreeing = sum(not failed for failed in failures) / len(failures)
    passed = agreeing >= policy.agreement and not refuted
    if passed:
        return Verdict(passed=True, reasons=[], critique="")
    found = {reason for failed in failures for reason in failed}
    return Verdict(
        passed=False,
        reasons=[reason for reason in (*REASONS, *JUDGED) if reason in found] or ["margin"],
        critique=critique_of(proof.matches, failures, refuted, words),
    )


REASONS = ("similarity", "margin", "count", "place", "light", "colours")
"""What a drawing can fail; names of the fields of `ProofPolicy`."""


JUDGED = {"judged_same": "same", "judged_identity": "identity", "judged_scene": "scene"}
"""What a drawing can fail before a judge: a check of its match -> the field of `JudgedPolicy`."""


def failures_of(match: Match, policy: ProofPolicy) -> list[str]:
    """Which of `REASONS` a drawing fails. A check that was not made fails."""
    scores = {**match.checks, "similarity": match.similarity, "margin": match.margin}
    return [reason for reason in REASONS if scores.get(reason, -1.0) < getattr(policy, reason)]


def judged_failures(match: Match, policy: JudgedPolicy | None) -> list[str]:
    """Which of `JUDGED` a drawing fails; none without a policy."""
    if policy is None:
        return []
    return [check for check, name in JUDGED.items() if match.checks.get(check, -1.0) < getattr(policy, name)]


def _slug(reasons: list[str]) -> str:
    if reasons == ["format"]:
        return "recaption-format"
    if not {"similarity", "colours", "judged_same", "judged_identity"}.isdisjoint(reasons):
        return "proof-identity"
    return "proof-margin" if "margin" in reasons else "proof-scene"
