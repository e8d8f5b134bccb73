"""What a graph is: stages in their order, and the places where one record becomes several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalogs.digests import digest_of
from catalogs.records import COLUMNS
from catalogs.stage import Stage


class GraphError(Exception):
    """The stages do not fit together; the message names the stage and the column."""


@dataclass(frozen=True)
class Unfold:
    """Every item of a list column becomes a record of its own, under the item's key."""

    column: str
    into: str


class Graph:
    """Checked when it is made: each stage reads what was written before it, and no label stands twice."""

    def __init__(self, steps: Sequence[Stage | Unfold], given: Sequence[str] = ("ref",)) -> None:
        self.steps = tuple(steps)
        known = set(given)
        labels: set[str] = set()
        for step in self.steps:
            if isinstance(step, Unfold):
                if step.column not in known:
                    raise GraphError(f"unfolding {step.column!r}: no earlier stage writes that column")
                known = known - {step.column} | {step.into}
                continue
            unknown = [c for c in (*step.reads, *step.optional, *step.writes) if c not in COLUMNS]
            if unknown:
                raise GraphError(f"stage {step.label}: {unknown} not in catalogs.records.COLUMNS")
            absent = [column for column in step.reads if column not in known]
            if absent:
                raise GraphError(f"stage {step.label} reads {absent}, which no earlier stage writes")
            if step.label in labels:
                raise GraphError(f"two stages are labelled {step.label}: give the later one another round")
            labels.add(step.label)
            known |= set(step.writes)

    @property
    def stages(self) -> tuple[Stage, ...]:
        return tuple(step for step in self.steps if isinstance(step, Stage))

    @property
    def fingerprint(self) -> str:
        """Changes with any stage of the graph."""
        return digest_of([stage.fingerprint for stage in self.stages])[:16]

    def lanes(self) -> list[range]:
        """Maximal runs of neighbouring steps with equal resources: one pool of actors each."""
        lanes: list[range] = []
        held = None
        for position, step in enumerate(self.steps):
            needs = held if isinstance(step, Unfold) else step.resources
            if lanes and (needs == held or isinstance(step, Unfold)):
                lanes[-1] = range(lanes[-1].start, position + 1)
            else:
                lanes.append(range(position, position + 1))
            held = needs
        return lanes
