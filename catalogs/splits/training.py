"""What training shares with external lists: which trajectories to leave out before training.

report.json      what was compared, with which thresholds, and every trajectory to leave out, with the
reason leaks.parquet    every leak that was found
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from catalogs.arrow import to_table
from catalogs.folders import replacing_folder
from catalogs.leaks.records import Leak
from catalogs.leaks.removal import LeakReport
from catalogs.splits.reports import FILE, pretty, read_report


def write_training_leaks(directory: Path, report: LeakReport, leaks: Sequence[Leak]) -> None:
    """Write both files; left untouched where nothing changed."""
    if read_report(directory, LeakReport) == report:
        return
    with replacing_folder(directory) as folder:
        pq.write_table(to_table(leaks, Leak), folder / "leaks.parquet", compression="zstd")
        (folder / FILE).write_bytes(pretty(report))
