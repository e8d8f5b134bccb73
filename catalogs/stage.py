"""What a stage is: a pure function of its record, its parameters and its models (rule 1).

A stage is a frozen dataclass. Its fields are its parameters and its workers; together with its name,
version and columns they make its *fingerprint*. The engine looks results up under
(record key, stage, fingerprint, digest of the inputs read) and calls the stage for the rest.

    @dataclass(frozen=True)
    class CountWords(Stage):
        name, version = "count-words", "1"
        reads, writes = ("prompt",), ("gap",)
        least: int = 3

        def each(self, row: Row) -> Outcome:
            words = len(row["prompt"].text.split())
            if words < self.least:
                return Rejected("too-few-words", f"{words} of {self.least}")
            return Kept({"gap": Gap(...)})
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

from catalogs.digests import digest_of


@runtime_checkable
class Worker(Protocol):
    """Anything with a name and a revision that a stage leans on: a model, an index, a search back end.

    A worker is a small picklable handle; it loads what is heavy at first use, once a process.
    """

    @property
    def name(self) -> str: ...

    @property
    def revision(self) -> str: ...


@dataclass(frozen=True)
class Resources:
    """What one copy of a stage or worker needs. Neighbouring stages with equal needs share one actor pool."""

    cpus: float = 1.0
    gpus: float = 0.0
    memory_gib: float = 1.0

    def and_those_of(self, other: Resources) -> Resources:
        """What two need that take turns: the larger of each."""
        return Resources(
            cpus=max(self.cpus, other.cpus),
            gpus=max(self.gpus, other.gpus),
            memory_gib=max(self.memory_gib, other.memory_gib),
        )


@dataclass(frozen=True)
class Kept:
    """The record goes on, with the columns that the stage wrote."""

    writes: Mapping[str, Any]


@dataclass(frozen=True)
class Rejected:
    """A result: the record ends here. `reason` is a short slug to count by, `detail` says it in words."""

    reason: str
    detail: str = ""
    writes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """No result: `error` is the class of what went wrong; the record is taken up again by the next run."""

    error: str
    detail: str = ""


Outcome = Kept | Rejected | Failed


class StopRun(Exception):  # noqa: N818 - a wish of a worker, not a fault
    """Raised where no further record can succeed before somebody acts: the budget is spent, a key is refused.

    The engine ends the run; no record counts as failed, and everything finished is kept.
    """


class Row:
    """One record as a stage sees it: its key, and the columns that the stage declared in `reads`."""

    __slots__ = ("_cells", "key")

    def __init__(self, key: str, cells: Mapping[str, Any]) -> None:
        self.key = key
        self._cells = cells

    def __getitem__(self, column: str) -> Any:
        return self._cells[column]

    def get(self, column: str) -> Any:
        """The cell, or None where no earlier stage wrote it."""
        return self._cells.get(column)


class Blobs(Protocol):
    """The blob store as a stage sees it."""

    def put(self, data: bytes) -> str: ...

    def get(self, sha256: str) -> bytes: ...


@dataclass(frozen=True)
class Stage:
    """Base of all stages. Subclasses are frozen dataclasses and implement `each` or `run`."""

    name: ClassVar[str]
    version: ClassVar[str]
    reads: ClassVar[tuple[str, ...]]
    optional: ClassVar[tuple[str, ...]] = ()
    """Columns read where they exist (written by an earlier round, say)."""
    writes: ClassVar[tuple[str, ...]]
    resources: ClassVar[Resources] = Resources()
    policy: ClassVar[bool] = False
    """True for stages that only apply thresholds to stored scores and call no model (rule 2)."""

    round: int = field(default=1, kw_only=True)
    """Loops are unrolled: 2 marks the second picture query, the second recaption."""

    @property
    def label(self) -> str:
        """Name with round, as it stands in the ledger and the funnel: ``recaption``, ``recaption-2``."""
        return self.name if self.round == 1 else f"{self.name}-{self.round}"

    def parameters(self) -> dict[str, Any]:
        """Fields that are not workers."""
        return {name: value for name, value in self._fields() if not isinstance(value, Worker)}

    def models(self) -> dict[str, str]:
        """Field name -> ``name@revision`` of each worker."""
        return {name: f"{worker.name}@{worker.revision}" for name, worker in self._workers()}

    def slots(self) -> int:
        """Calls that its servers take at once; 0 for a stage that computes where it runs."""
        return max((getattr(worker, "slots", 0) for _, worker in self._workers()), default=0)

    @property
    def needs(self) -> Resources:
        """Its own resources, and those of its workers where a worker declares some (`resources`)."""
        needs = self.resources
        for _, worker in self._workers():
            declared = getattr(worker, "resources", None)
            if declared is not None:
                needs = needs.and_those_of(declared)
        return needs

    def _fields(self) -> Iterator[tuple[str, Any]]:
        for field_ in dataclasses.fields(self):
            yield field_.name, getattr(self, field_.name)

    def _workers(self) -> Iterator[tuple[str, Worker]]:
        for name, value in self._fields():
            if isinstance(value, Worker):
                yield name, value

    def declaration(self) -> dict[str, Any]:
        """All that the fingerprint covers. Resources are left out: they change no result."""
        return {
            "stage": self.label,
            "version": self.version,
            "reads": [*self.reads, *self.optional],
            "writes": list(self.writes),
            "parameters": self.parameters(),
            "models": self.models(),
        }

    @property
    def fingerprint(self) -> str:
        return digest_of(self.declaration())[:16]

    def needed(self, row: Row) -> bool:
        """False lets a record pass unchanged: later rounds are for the records that need them."""
        return True

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        """One record. An exception becomes a failed outcome with its class name."""
        raise TypeError(f"{type(self).__name__} implements neither each() nor run()")

    def run(self, rows: Sequence[Row], blobs: Blobs) -> Sequence[Outcome]:
        """A batch; as many outcomes as rows, in their order. Override to give a model full batches.

        When a batch raises, the engine runs its rows one by one, so that only the bad one fails.
        """
        return [self.each(row, blobs) for row in rows]
