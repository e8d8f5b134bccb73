"""Current tables: readable, each row as the ledger has it, and what they say of their shards."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.check.problem import Problem, at_once, doubted, files_in
from catalogs.errors import LedgerError
from catalogs.ledger import Ledger
from catalogs.manifest import ShardEntry
from catalogs.resting import COLUMNS, Result, results_in, results_of

FOLDER = "current"


@dataclass
class Current:
    """What the current tables say."""

    problems: list[Problem] = field(default_factory=list)
    shards: dict[str, ShardEntry] = field(default_factory=dict)
    """Address of a shard -> the shard as it was written."""
    entities: set[str] = field(default_factory=set)
    """Ids of all entities that have a result."""
    tables: set[str] = field(default_factory=set)
    """Those that can be read, ``<domain>-<bucket>``."""


def check_current(out: Path) -> Current:
    """Read every current table once, and the index of the segments that it was made from."""
    found = Current()
    for one in at_once(lambda path: _check_table(out, path), files_in(out / FOLDER, "[!.]*.parquet")):
        found.problems += one.problems
        found.shards |= one.shards
        found.entities |= one.entities
        found.tables |= one.tables
    return found


def _check_table(out: Path, path: Path) -> Current:
    name = path.relative_to(out).as_posix()
    domain, _, bucket = path.stem.rpartition("-")
    try:
        table = pq.read_table(path, columns=COLUMNS, partitioning=None)
        # `pipelines.engine.emit.Written`, whose second field is the shard.
        written = msgspec.json.decode(pq.read_schema(path).metadata[b"written"], type=list[msgspec.Raw])
        shard = msgspec.json.decode(written[1], type=ShardEntry | None)
        results, entities = results_of(table), set(table["entity_id"].to_pylist())
    except (pa.ArrowException, OSError, LookupError, TypeError, ValueError) as error:
        return Current([doubted(name, f"cannot be read: {error}")])
    ledger = Ledger(out / "ledger")
    strange = []
    for stage, rows in results.items():
        lacking = rows - _in_ledger(ledger, stage, domain, bucket, rows)
        if lacking:
            strange.append(f"{stage} of {min(lacking)[0]}")
    problems = []
    if strange:
        what = f"holds what the ledger does not: {', '.join(strange[:3])}"
        problems.append(doubted(name, what, why="it is made anew, and what the ledger lacks is computed"))
    return Current(problems, {shard.url: shard} if shard else {}, entities, {path.stem})


def _in_ledger(ledger: Ledger, stage: str, domain: str, bucket: str, wanted: set[Result]) -> set[Result]:
    """Results of a bucket under every fingerprint; all that is `wanted` where a segment cannot be read,
    which is a problem of the segment."""
    found: set[Result] = set()
    for version in sorted((ledger.root / stage).glob(f"*/{domain}")):
        try:
            segment = ledger.segment(stage, version.parent.name, domain, bucket)
        except (LedgerError, msgspec.MsgspecError):
            return wanted
        found |= results_in(segment)
    return found
