"""What is done, rejected, failed and stale, stage by stage and domain by domain; what a run would do, and
what that is expected to cost.

Buckets that are settled are counted from their tables. The others are walked without computing anything: a
record without a result is *stale* where the ledger holds one for another version of the stage or for other
inputs, and *new* where it holds none. What follows from it further down can only be estimated: a stage
whose output does not change stops the wave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from catalogs.failures import rests
from catalogs.ledger import Ledger, Segment
from catalogs.results import FAILED, KEPT, PASSED, REJECTED
from catalogs.stage import Stage
from pipelines.costs import Cost, History, history_of
from pipelines.engine.buckets import Bucket
from pipelines.engine.emit import written_from
from pipelines.engine.planning import is_settled
from pipelines.engine.walk import Walk
from pipelines.folder import OutputFolder
from pipelines.runners.interface import Job


@dataclass
class StageStatus:
    """One stage in one domain."""

    domain: str
    stage: str
    position: int
    kept: int = 0
    """Those that a later round did not need included."""
    rejected: int = 0
    failed: int = 0
    """Due again in the next run."""
    resting: int = 0
    """Dead letters: due again with `tracemill retry` alone."""
    stale: int = 0
    new: int = 0
    because: Counter[str] = field(default_factory=Counter)
    """Why records are stale, and how many of them for each reason."""
    follows: int = 0
    """Records that this stage is expected to compute, at most, because of what is due before it."""
    cost: Cost = field(default_factory=Cost)
    """Expected, of `due` and `follows`."""

    @property
    def due(self) -> int:
        """Records that a run would compute for sure."""
        return self.stale + self.new + self.failed


@dataclass(frozen=True)
class Status:
    """All stages of all domains, in the order of domains, then of the graph."""

    stages: list[StageStatus]
    unpriced: list[str]
    """Stages with work to do that never ran here, so that nothing is known of their cost."""
    spent: Cost
    """What the current results have cost, in all domains."""

    @property
    def cost(self) -> Cost:
        return sum((one.cost for one in self.stages), Cost())

    @property
    def idle(self) -> bool:
        """Whether a run would compute nothing."""
        return not any(one.due for one in self.stages)


def status_of(job: Job, buckets: Sequence[Bucket]) -> Status:
    """Look everything up, compute nothing."""
    folder = OutputFolder(job.out)
    history = history_of(folder.current)
    positions = job.graph.positions
    found: dict[tuple[str, str], StageStatus] = {}

    def at(domain: str, stage: str) -> StageStatus:
        return found.setdefault((domain, stage), StageStatus(domain, stage, positions[stage]))

    flow = job.flow(lambda *_: None)
    for bucket in buckets:
        written = written_from(folder, bucket.domain, bucket.name)
        if written is not None and is_settled(written, job, bucket):
            for (stage, outcome, error, attempts), count in history.counts(bucket).items():
                _count(at(bucket.domain, stage), outcome, error, attempts, count)
            continue
        walk = flow.plan(bucket)
        for step in walk.steps:
            entry = step.entry
            _count(at(bucket.domain, step.stage), entry.outcome, entry.reason, entry.attempts, 1)
        _explain(walk, job.graph.stages, folder.ledger, at)
        for label in positions:
            at(bucket.domain, label)  # what is due here reaches all that comes after
    _expect(found.values(), history)
    unpriced = [
        one.stage for one in found.values() if one.due + one.follows and one.stage not in history.means
    ]
    ordered = sorted(found.values(), key=lambda one: (one.domain, one.position))
    return Status(ordered, sorted(set(unpriced), key=positions.__getitem__), history.spent)


def _count(status: StageStatus, outcome: str, error: str, attempts: int, count: int) -> None:
    if outcome in (KEPT, PASSED):
        status.kept += count
    elif outcome == REJECTED:
        status.rejected += count
    elif outcome == FAILED and rests(error, attempts):
        status.resting += count


def _explain(
    walk: Walk, stages: Iterable[Stage], ledger: Ledger, at: Callable[[str, str], StageStatus]
) -> None:
    """Why each record that has no result has none."""
    for stage in stages:
        keys = walk.missing.get(stage.label)
        if not keys:
            continue
        status = at(walk.bucket.domain, stage.label)
        present = ledger.segment(stage.label, stage.fingerprint, walk.bucket.domain, walk.bucket.name)
        own = {entry.key: entry for entry in present.entries()}
        earlier = _earlier(stage, ledger, walk.bucket)
        for key in keys:
            entry = own.get(key)
            if entry is not None and entry.outcome == FAILED:
                status.failed += 1
                continue
            reasons = ["inputs"] if entry is not None else earlier.get(key)
            if reasons is None:
                status.new += 1
            else:
                status.stale += 1
                status.because.update(reasons)


def _earlier(stage: Stage, ledger: Ledger, bucket: Bucket) -> dict[str, list[str]]:
    """Key -> how the stage differs from the newest other version that has a result for it."""
    differences: dict[str, list[str]] = {}
    for fingerprint, declaration in ledger.declarations(stage.label).items():
        if fingerprint == stage.fingerprint:
            continue
        segment: Segment = ledger.segment(stage.label, fingerprint, bucket.domain, bucket.name)
        reasons = changes(declaration, stage.declaration())
        for entry in segment.entries():
            differences.setdefault(entry.key, reasons)
    return differences


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What two declarations of a stage differ in: ``version 1 -> 2``, ``proof.margin 0.02 -> 0.05``."""
    flat_before, flat_after = dict(_flat(before)), dict(_flat(after))
    return [
        f"{name} {flat_before.get(name, '(none)')} -> {flat_after.get(name, '(none)')}"
        for name in sorted(flat_before.keys() | flat_after.keys())
        if flat_before.get(name) != flat_after.get(name)
    ]


def _flat(value: Any, prefix: str = "") -> Iterable[tuple[str, str]]:
    """Nested mappings as dotted names; ``parameters.`` is left out, as it says nothing."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _flat(part, f"{prefix}{name}." if name != "parameters" else prefix)
    elif isinstance(value, str | int | float | bool | None):
        yield prefix.rstrip("."), str(value)
    elif isinstance(value, list | tuple):
        yield prefix.rstrip("."), ", ".join(map(str, value))
    else:
        yield from _flat(msgspec.to_builtins(value), prefix)


def _expect(statuses: Iterable[StageStatus], history: History) -> None:
    """What is due further down, at most, and what all of it is expected to cost."""
    by_domain: dict[str, list[StageStatus]] = {}
    for status in statuses:
        by_domain.setdefault(status.domain, []).append(status)
    for members in by_domain.values():
        members.sort(key=lambda status: status.position)
        for status in members:
            above = [one for one in members if one.position < status.position and one.due]
            status.follows = round(sum(one.due * history.ratio(one.stage, status.stage) for one in above))
            status.cost = history.means.get(status.stage, Cost()) * (status.due + status.follows)
