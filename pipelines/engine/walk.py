"""What flows through the graph: records with their cells, and what became of them on the way.

A cell is a digest at hand and a document that is read when somebody asks, so that a walk which computes
nothing reads no document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from catalogs.digests import digest, encode
from catalogs.ledger import Segment
from catalogs.records import COLUMNS, EntityRef
from catalogs.results import Entry
from catalogs.stage import Row, Stage
from pipelines.engine.buckets import Bucket
from pipelines.engine.graph import Unfold

DECODERS = {name: msgspec.json.Decoder(kind) for name, kind in COLUMNS.items()}
"""Column -> decoder of its documents."""


class Cell(NamedTuple):
    """A document that some stage wrote: its digest at hand, its text loaded when somebody reads it."""

    digest: str
    column: str
    entry: Entry
    segment: Segment

    def load(self) -> bytes:
        return bytes(self.segment.cells(self.entry)[self.column])


class Document(NamedTuple):
    """A document that came with the record."""

    digest: str
    text: bytes

    def load(self) -> bytes:
        return self.text


@dataclass(slots=True)
class Record:
    """A record on its way; `cells` holds the newest document of each column."""

    key: str
    entity_id: str
    cells: dict[str, Cell | Document] = field(default_factory=dict)

    def value(self, column: str) -> Any:
        """The decoded document."""
        return DECODERS[column].decode(self.cells[column].load())


class Step(NamedTuple):
    """What became of one record at one stage."""

    position: int
    stage: str
    grain: str
    record: Record
    entry: Entry
    segment: Segment

    def cells(self) -> Mapping[str, msgspec.Raw]:
        """The documents that the stage wrote."""
        return self.segment.cells(self.entry)


@dataclass
class Walk:
    """The result of walking a bucket."""

    bucket: Bucket
    steps: list[Step] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    """Those that came through all stages."""
    missing: dict[str, list[str]] = field(default_factory=dict)
    """Stage -> keys of records that have no result yet (planning only)."""


def root_of(ref: EntityRef) -> Record:
    """The record of an entity that was surveyed."""
    document = encode(ref)
    return Record(ref.entity_id, ref.entity_id, {"ref": Document(digest(document), document)})


def unfolded(step: Unfold, record: Record) -> list[Record]:
    """One record an item of a list column; children keep the columns of their parent."""
    children = []
    for item in record.value(step.column):
        document = encode(item)
        cells = {name: value for name, value in record.cells.items() if name != step.column}
        cells[step.into] = Document(digest(document), document)
        children.append(Record(item.key, record.entity_id, cells))
    return children


def inputs_digest(columns: Sequence[str], record: Record) -> str:
    """Digest of the cells of some columns, those that the record does not have left out."""
    cells = record.cells
    return digest("\n".join([f"{column}={cells[column].digest}" for column in columns if column in cells]))


def row_of(stage: Stage, record: Record) -> Row:
    """The record as a stage sees it."""
    columns = [c for c in (*stage.reads, *stage.optional) if c in record.cells]
    return Row(record.key, {column: record.value(column) for column in columns})


def advanced(record: Record, entry: Entry, segment: Segment) -> Record:
    """The record with what a stage wrote."""
    if not entry.digests:
        return record
    cells = dict(record.cells)
    for column, value in entry.digests.items():
        cells[column] = Cell(value, column, entry, segment)
    return Record(record.key, record.entity_id, cells)
