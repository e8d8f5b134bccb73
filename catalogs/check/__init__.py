"""``tracemill check``: is everything in an output folder whole, and does it agree, byte by byte?

    marker, leftovers           `catalogs.check.folder`
    manifest, tars, sidecars    `catalogs.check.shards`
    ledger                      `catalogs.check.ledger`
    current tables              `catalogs.check.current`
    blobs                       `catalogs.check.blobs`
    what is made from these     `catalogs.check.derived`: catalog, splits, report, surveys, runs, indexes

Every file is read once, several at a time. Not looked into: text indexes under ``index/`` (safe to delete at
any time) and the pages of the gallery.
"""

from __future__ import annotations

from pathlib import Path

from catalogs.check.blobs import check_blobs
from catalogs.check.current import check_current
from catalogs.check.derived import check_derived
from catalogs.check.folder import check_folder, check_tombstones
from catalogs.check.ledger import check_ledger
from catalogs.check.problem import Problem
from catalogs.check.shards import check_shards

__all__ = ["Problem", "check_output"]


def check_output(out: Path) -> list[Problem]:
    """All problems of an output folder, none where it is whole; none of them is mended here.

    A folder in which a run is at work has problems that pass by themselves.
    """
    problems = [*check_folder(out), *check_tombstones(out)]
    stored = check_ledger(out)
    current = check_current(out)
    problems += stored.problems
    problems += current.problems
    problems += check_shards(out, current)
    problems += check_blobs(out, stored.pictures)
    problems += check_derived(out, current)
    return problems
