"""What a current table rests on: results of the ledger, compared by the digests of their documents."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.digests import digest
from catalogs.errors import LedgerError
from catalogs.ledger import Segment
from catalogs.results import Cells

COLUMNS = ["stage", "key", "entity_id", "outcome", "reason", "cells"]
"""Columns of a current table that are needed for it."""

Result = tuple[str, str, str, tuple[tuple[str, str], ...]]
"""Key, outcome, reason, (column, digest of its document) of each column."""

_cells = msgspec.json.Decoder(Cells)


def read_results(path: Path) -> dict[str, set[Result]]:
    """`results_of` a file; raises `LedgerError` for one that cannot be read."""
    try:
        return results_of(pq.read_table(path, columns=COLUMNS, partitioning=None))
    except (pa.ArrowException, OSError) as error:
        raise LedgerError(f"{path} cannot be read ({error}): delete this file and run again") from error


def results_of(table: pa.Table) -> dict[str, set[Result]]:
    """Stage -> its results, as a current table tells them."""
    results: dict[str, set[Result]] = defaultdict(set)
    for row in table.to_pylist():
        documents = _cells.decode(row["cells"])
        digests = tuple(sorted((column, digest(bytes(d))) for column, d in documents.items()))
        results[row["stage"]].add((row["key"], row["outcome"], row["reason"], digests))
    return results


def results_in(segment: Segment) -> set[Result]:
    """The same of a segment of the ledger."""
    return {
        (entry.key, entry.outcome, entry.reason, tuple(sorted(entry.digests.items())))
        for entry in segment.entries()
    }
