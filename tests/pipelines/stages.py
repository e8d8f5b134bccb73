"""Small stages for tests of the engine; they count how often they are called."""

from __future__ import annotations

import errno
import os
import signal
from collections import Counter
from dataclasses import dataclass

from catalogs.records import Gap, Prompt, Reservation, Scene, Verdict
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Resources, Row, Stage, StopRun

CALLS: Counter[str] = Counter()


@dataclass(frozen=True)
class Mark(Stage):
    """Writes a reservation; titles that start with ``bad`` or ``late`` fail, those with ``no`` are
    rejected, those with ``full`` find no room on a disk of their own."""

    name = "mark"
    version = "1"
    reads = ("ref",)
    writes = ("reservation",)

    word: str = "train"

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        CALLS[self.label] += 1
        title = row["ref"].title
        if title.startswith("bad"):
            raise ValueError(f"cannot mark {title}")
        if title.startswith("late"):
            raise TimeoutError(title)
        if title.startswith("poor"):
            raise StopRun("the budget is spent")
        if title.startswith("full"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/scratch")
        if title.startswith("stop"):
            raise KeyboardInterrupt
        if title.startswith("no"):
            return Rejected("unwanted", title)
        return Kept({"reservation": Reservation(split=self.word[:5])})


@dataclass(frozen=True)
class WriteTwo(Stage):
    """Two prompts an entity."""

    name = "write-two"
    version = "1"
    reads = ("ref", "reservation")
    writes = ("prompts",)
    resources = Resources(cpus=0.5)

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        CALLS[self.label] += 1
        prompts = [
            Prompt(
                key=f"{row.key}-en{number}",
                language="en",
                text=f"{row['ref'].title} {row['reservation'].split}",
                form="descriptive",
                subject=row["ref"].title,
                noun="",
                scene=Scene(place="beach", light="noon"),
                model="",
            )
            for number in (1, 2)
        ]
        return Kept({"prompts": prompts})


@dataclass(frozen=True)
class Ask(Stage):
    """Writes a gap; needed only for first prompts in round 2. Of subjects that start with ``odd`` it cannot
    tell whether it is needed."""

    name = "ask"
    version = "1"
    reads = ("prompt",)
    optional = ("gap",)
    writes = ("gap",)

    def needed(self, row: Row) -> bool:
        if row["prompt"].subject.startswith("odd"):
            raise LookupError(row["prompt"].subject)
        return self.round == 1 or row.key.endswith("1")

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        CALLS[self.label] += 1
        return Kept({"gap": Gap(needs_search=True, unknowns=[], statement=f"{self.round}", model="")})


@dataclass(frozen=True)
class Quote(Stage):
    """Writes down which entity it was handed."""

    name = "quote"
    version = "1"
    reads = ("ref",)
    writes = ("ref",)

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        return Kept({"ref": row["ref"]})


@dataclass(frozen=True)
class Deadly(Stage):
    """Kills the process that runs it."""

    name = "deadly"
    version = "1"
    reads = ("ref",)
    writes = ("reservation",)

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        os.kill(os.getpid(), signal.SIGKILL)
        return Rejected("alive")


@dataclass(frozen=True)
class OnGpu(Ask):
    """Asks for half a GPU."""

    name = "on-gpu"
    resources = Resources(gpus=0.5)


@dataclass(frozen=True)
class Greedy(Stage):
    """Writes a column that it did not declare."""

    name = "greedy"
    version = "1"
    reads = ("ref",)
    writes = ("reservation",)

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        return Kept({"verdict": Verdict(passed=True, reasons=[], critique="")})
