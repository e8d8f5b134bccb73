"""What an agent left behind for an item of a benchmark: its recaption, and the references that it found.

Read from the folders that the published inference and training code write, and `tracemill export
--format unify-agent` with them:

    <category>/traj/<id>_trajectory.json               <category>/intermediate/<id>/image_1.*, image_2.*
    <category>/<id>_traj.json                          <category>/intermediate/<id>/image_1.*, image_2.*
    <category>/<id>/<id>_trajectory.json               <category>/<id>/intermediate/<id>/image_1.*, image_2.*
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from verifiers.scorers.files import find_picture, read_json, subfolders

REFERENCE = "reference_"
"""Prefix of the roles of pictures that an agent found: reference_1, reference_2."""
RECAPTION = "recaption"
"""Fact of an item that holds what an agent wrote."""
MOST = 2
"""References of a trajectory."""


@dataclass(frozen=True)
class AgentOutput:
    """Empty where an agent left nothing."""

    recaption: str = ""
    references: tuple[Path, ...] = ()
    found: bool = False
    """Whether there is a trajectory at all."""

    @property
    def missing(self) -> str:
        """Why nothing can be drawn from it; empty where something can."""
        if not self.found:
            return "no-trajectory"
        if not self.recaption:
            return "no-recaption"
        return "" if self.references else "no-references"


def agent_output(root: Path, category: str, index: str) -> AgentOutput:
    """The first trajectory of an item, below a folder of its category or `root` itself; raises
    `ScorerInputError` for one that is no JSON."""
    for trajectory, home in _places(root, category, index):
        if trajectory.is_file():
            document = read_json(trajectory)
            written = document.get("recaption") if isinstance(document, dict) else None
            found = (find_picture(home, f"image_{number}") for number in range(1, MOST + 1))
            return AgentOutput(
                recaption=written.strip() if isinstance(written, str) else "",
                references=tuple(path for path in found if path),
                found=True,
            )
    return AgentOutput()


def _places(root: Path, category: str, index: str) -> Iterator[tuple[Path, Path]]:
    for folder in subfolders(root, category):
        for trajectory in (folder / "traj" / f"{index}_trajectory.json", folder / f"{index}_traj.json"):
            yield trajectory, folder / "intermediate" / index
        yield folder / index / f"{index}_trajectory.json", folder / index / "intermediate" / index
