"""The daily quota of a key: what was spent today, by all processes of an output folder.

    <folder>/<day>.jsonl        a line a request, written before it is sent: {"at", "request", "left"}

A kill can tear no count: a line is one short write at the end of a file.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from catalogs.files import storing
from catalogs.sql.run_tables import QuotaDay
from catalogs.stage import StopRun
from sources.errors import SourceError


class QuotaSpentError(SourceError, StopRun):
    """Nothing more can be asked today: the run ends, and goes on tomorrow."""


def today() -> str:
    """The day in UTC. BabelNet does not say when it fills up a key; should it do so later, it refuses the
    key, which ends a run as well as a spent quota does."""
    return datetime.now(UTC).date().isoformat()


@dataclass(frozen=True)
class Quota:
    """`daily` requests, counted in `folder`."""

    folder: str
    daily: int
    day: Callable[[], str] = today

    @property
    def spent(self) -> int:
        """Requests of today."""
        return _lines_in(self._path)

    @property
    def left(self) -> int:
        return max(0, self.daily - self.spent)

    @property
    def used(self) -> bool:
        """Whether any request was ever counted here."""
        return any(Path(self.folder).glob("*.jsonl"))

    def spend(self, request: str) -> None:
        """Count one request before it is sent; raises `QuotaSpentError` where none is left.

        Under a lock, because several processes share a key. Counting first may count a request that a kill
        prevents or that the server did not count; it never sends one too many.
        """
        path = self._path
        with storing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                left = self.daily - _lines_in(path)  # of the day in its name, whatever the clock says by now
                if left <= 0:
                    raise self._exhausted()
                at = datetime.now(UTC).isoformat(timespec="seconds")
                line = {"at": at, "request": request, "left": left - 1}
                os.write(file, json.dumps(line).encode() + b"\n")
            finally:
                os.close(file)

    @property
    def _path(self) -> Path:
        return Path(self.folder) / f"{self.day()}.jsonl"

    def _exhausted(self) -> QuotaSpentError:
        return QuotaSpentError(
            f"BabelNet's daily quota is used up: {self.spent:,} of {self.daily:,} requests on {self.day()} "
            "(UTC). Everything answered is kept; run again tomorrow and it goes on from here"
        )

    def __str__(self) -> str:
        return (
            f"BabelNet on {self.day()} (UTC): {self.spent:,} of {self.daily:,} requests spent, "
            f"{self.left:,} left"
        )


def _lines_in(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def quota_of(index_root: Path, daily: int) -> Quota:
    """The quota that all runs of an output folder share; `index_root` is its ``index``."""
    return Quota(str(index_root.absolute() / "web" / "babelnet-quota"), daily)


def days_of(index_root: Path) -> list[QuotaDay]:
    """Every day on which BabelNet was asked anything, the first first; a line that cannot be read counts."""
    return [_day_of(path) for path in sorted(Path(quota_of(index_root, 0).folder).glob("*.jsonl"))]


def _day_of(path: Path) -> QuotaDay:
    lines = path.read_bytes().splitlines()
    requests: Counter[str] = Counter()
    left: int | None = None
    for line in lines:
        try:
            entry = json.loads(line)
            requests[str(entry["request"])] += 1
            left = entry.get("left", left)
        except (ValueError, KeyError, TypeError, AttributeError):
            requests["unknown"] += 1
    return QuotaDay(
        service="babelnet",
        day=path.stem,
        spent=len(lines),
        remaining=left,
        requests=dict(sorted(requests.items())),
    )
