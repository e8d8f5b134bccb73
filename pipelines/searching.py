"""Stages for records that need a search: those that were found to need none pass them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalogs.stage import Blobs, Outcome, Resources, Row, Stage

EXEMPTION = "exemption"
"""A column that only records without a need for a search have."""


@dataclass(frozen=True)
class Searching(Stage):
    """Another stage, under its own label and fingerprint, that records with an `Exemption` pass.

    What the stage did without this wrapper stays good. A record that is searched for has no exemption, so the
    digest of its inputs is that of the bare stage, and the same call gives the same result. A record that has
    one differs in its inputs from all records that were ever searched for.
    """

    stage: Stage

    def __post_init__(self) -> None:
        """What `Stage` asks of a class, this wrapper has of the stage inside."""
        inside = self.stage
        declared: Mapping[str, Any] = {
            "name": inside.name,
            "version": inside.version,
            "reads": inside.reads,
            "optional": (*inside.optional, EXEMPTION),
            "writes": inside.writes,
            "resources": inside.resources,
            "policy": inside.policy,
            "round": inside.round,
        }
        for name, value in declared.items():
            object.__setattr__(self, name, value)

    def parameters(self) -> dict[str, Any]:
        return self.stage.parameters()

    def models(self) -> dict[str, str]:
        return self.stage.models()

    def slots(self) -> int:
        return self.stage.slots()

    @property
    def needs(self) -> Resources:
        return self.stage.needs

    def declaration(self) -> dict[str, Any]:
        return self.stage.declaration()

    def needed(self, row: Row) -> bool:
        return row.get(EXEMPTION) is None and self.stage.needed(row)

    def run(self, rows: Sequence[Row], blobs: Blobs) -> Sequence[Outcome]:
        return self.stage.run(rows, blobs)
