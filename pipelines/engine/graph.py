"""What a graph is: stages in their order, and the places where one record becomes several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalogs.digests import digest_of
from catalogs.records import COLUMNS
from catalogs.stage import Resources, Stage


class GraphError(Exception):
    """The stages do not fit together; the message names the stage and the column."""


@dataclass(frozen=True)
class Unfold:
    """Every item of a list column becomes a record of its own, under the item's key."""

    column: str
    into: str


@dataclass(frozen=True)
class Lane:
    """Neighbouring steps that run in the same pool of actors."""

    positions: range
    needs: Resources


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
    def positions(self) -> dict[str, int]:
        """Label of a stage -> its place among the steps, in their order."""
        return {step.label: place for place, step in enumerate(self.steps) if isinstance(step, Stage)}

    @property
    def fingerprint(self) -> str:
        """Changes with any stage of the graph."""
        return digest_of([stage.fingerprint for stage in self.stages])[:16]

    def lanes(self) -> list[Lane]:
        """Maximal runs of neighbouring steps with the same share of a GPU: one pool of actors each.

        Stages without a GPU share a lane whatever else they need: they take turns in one process, so its
        needs are the largest of theirs, and models that several of them use are loaded once.
        """
        lanes: list[Lane] = []
        for position, step in enumerate(self.steps):
            needs = step.needs if isinstance(step, Stage) else None
            if lanes and (needs is None or needs.gpus == lanes[-1].needs.gpus):
                last = lanes[-1]
                positions = range(last.positions.start, position + 1)
                lanes[-1] = Lane(positions, last.needs if needs is None else last.needs.and_those_of(needs))
            else:
                lanes.append(Lane(range(position, position + 1), needs or Resources()))
        return lanes
