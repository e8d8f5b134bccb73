"""The policy: which candidates become references. Reads stored scores, calls no model, opens no picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from catalogs.digests import rounded
from catalogs.records import Candidate, Decision, ImageTrace, PictureScores, Reference, Selection
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Resources, Row
from filters.base import WANTED, CandidateFilter
from filters.policy import GRADES, MEASURED, REASONS, Policy, broken_rule

SHARED_BY_COPIES: frozenset[str | None] = frozenset({None, "near-duplicate", "off-topic", "identity"})
"""What a decision on a picture says of its copies, too: that it is taken, or shows something else. A copy of
a picture that was too small or marked may well be fine."""


@dataclass(frozen=True)
class Select(CandidateFilter):
    """Writes `references`, the best two candidates that break no rule, and `selection`, which tells of every
    candidate why it was chosen or not.

    Fewer than two leave the record open for another round; in the last round they reject it.
    """

    name, version = "select", "5"
    reads: ClassVar[tuple[str, ...]] = ("image_trace", *MEASURED)
    optional = ("references",)
    writes = ("references", "selection")
    resources = Resources(cpus=0.1, memory_gib=0.2)
    policy = True

    thresholds: Policy = field(default_factory=Policy)
    last: bool = False
    """Whether there is no round after this one."""

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        trace: ImageTrace = row["image_trace"]
        scores = [{column: row[column][i] for column in MEASURED} for i in range(len(trace.candidates))]
        selection = select(trace.candidates, scores, self.thresholds)
        writes = {"references": selection.references, "selection": selection}
        if self.last and len(selection.references) < WANTED:
            detail = f"{len(selection.references)} of {WANTED}; {_counted(selection)}"
            return Rejected("too-few-references", detail, writes)
        return Kept(writes)


def select(
    candidates: Sequence[Candidate], scores: Sequence[Mapping[str, PictureScores]], policy: Policy
) -> Selection:
    """The best `WANTED` candidates, no two of them the same picture; of two copies the one found first
    counts."""
    values = [
        {name: value for part in found.values() for name, value in part.values.items()} for found in scores
    ]
    reasons = {index: broken_rule(policy, found) for index, found in enumerate(values)}
    sound = [index for index, reason in reasons.items() if reason is None]
    for index in sound:
        earlier = [other for other in range(index) if reasons[other] in SHARED_BY_COPIES]
        if any(are_same(policy, values[index], other) for other in earlier):
            reasons[index] = "near-duplicate"
    ranked = sorted((i for i in sound if reasons[i] is None), key=lambda i: (-rank_score(values[i]), i))
    chosen = ranked[:WANTED]
    for index in ranked[WANTED:]:
        reasons[index] = "surplus"
    return Selection(
        references=[
            _reference(number, candidates[index], values[index], scores[index]["judge"])
            for number, index in enumerate(chosen, start=1)
        ],
        decisions=[
            Decision(
                sha256=candidate.picture.sha256,
                kept=index in chosen,
                reason=reasons[index] or "kept",
                rank_score=rank_score(values[index]),
            )
            for index, candidate in enumerate(candidates)
        ],
    )


def are_same(policy: Policy, values: Mapping[str, float], other: int) -> bool:
    """Whether a candidate repeats the one at position `other`; pairs that are far apart are not stored."""
    bits = values.get(f"hash:{other}")
    if bits is None:
        return False
    alike = values[f"similarity:{other}"] >= policy.duplicate_similarity
    return bits <= (policy.duplicate_bits_alike if alike else policy.duplicate_bits)


def rank_score(values: Mapping[str, float]) -> float:
    """Mean of the judge's four grades, 0..10; 0 for a file that was not judged."""
    return rounded(sum(values.get(part, 0.0) for part in GRADES) / len(GRADES))


def _reference(
    number: int, candidate: Candidate, values: Mapping[str, float], judged: PictureScores
) -> Reference:
    return Reference(
        label=f"image_{number}",
        candidate=candidate,
        judgement={part: values[part] for part in GRADES} | {"overall": rank_score(values)},
        description=judged.notes["colours"],
    )


def _counted(selection: Selection) -> str:
    """``identity 2, blur 1``: how many candidates each rule cost, in the order of the rules."""
    counts = Counter(decision.reason for decision in selection.decisions if not decision.kept)
    return ", ".join(f"{reason} {counts[reason]}" for reason in REASONS if counts[reason]) or "no candidates"
