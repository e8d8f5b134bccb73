"""What a runner is given and gives back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from catalogs.stage import StopRun
from catalogs.tombstones import read_tombstones
from pipelines.engine.buckets import Bucket
from pipelines.engine.emit import Report, emit
from pipelines.engine.flow import Flow, Observer
from pipelines.engine.graph import Graph
from pipelines.engine.locks import must_hold
from pipelines.folder import OutputFolder


@dataclass(frozen=True)
class Job:
    """A graph over an output folder; small enough to send to every worker."""

    graph: Graph
    out: Path
    run: str
    ships: bool
    """True for the graph whose end is a shard; False for the harvest that goes before."""
    retry: bool = False
    """Whether dead letters are taken up again."""
    locked: bool = False
    """Whether the run holds locks: then nothing is written in a domain that it no longer holds."""

    began: int = field(default_factory=lambda: int(time.time()))
    """Seconds since 1970: what was refused until then is asked again for dead letters."""

    fingerprint: str = field(init=False)
    """Of the graph, where the job was made."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "fingerprint", self.graph.fingerprint)

    def check_code(self) -> None:
        """Raise `StopRun` in a worker that has loaded other code than the driver: its results would be filed
        where the driver does not look, and all of that work would count as lost."""
        if self.graph.fingerprint != self.fingerprint:
            raise StopRun(
                "the code of the stages was changed while the run was going on: give the same command again, "
                "what was finished is kept"
            )

    def flow(self, observe: Observer, *, again: bool = True) -> Flow:
        folder = OutputFolder(self.out)
        stones = read_tombstones(self.out)
        return Flow(
            self.graph,
            folder.ledger,
            folder.blobs,
            self.run,
            observe,
            retry=self.retry,
            began=self.began,
            again=again,
            stones=stones,
            guard=self.guard,
        )

    def guard(self, domain: str) -> None:
        """Raise `StopRun` where another run has taken over."""
        if self.locked:
            must_hold(OutputFolder(self.out), self.run, domain)

    def finish(self, bucket: Bucket) -> Report:
        """Write what the finished bucket leaves behind."""
        self.guard(bucket.domain)
        walk = self.flow(lambda *_: None).finished(bucket)
        return emit(walk, self.graph, OutputFolder(self.out), ships=self.ships, run=self.run)


class Runner(Protocol):
    def run(self, job: Job, buckets: Sequence[Bucket], observe: Observer) -> Iterator[Report]:
        """Run every bucket to its end, in any order."""
        ...
