"""The daily quota of a key: what was spent today, by all processes of an output folder."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from catalogs.files import storing
from catalogs.stage import StopRun
from sources.errors import SourceError


class QuotaSpentError(SourceError, StopRun):
    """Nothing more can be asked today: the run ends, and goes on tomorrow."""


def today() -> str:
    """The day in UTC, by which quotas are counted."""
    return datetime.now(UTC).date().isoformat()


@dataclass(frozen=True)
class Quota:
    """`daily` requests, counted in the file at `path`: ``{"2026-08-01": 412}``, a line for each day kept."""

    path: str
    daily: int
    day: Callable[[], str] = today

    @property
    def spent(self) -> int:
        """Requests of today."""
        path = Path(self.path)
        return int(json.loads(path.read_text()).get(self.day(), 0)) if path.exists() else 0

    @property
    def left(self) -> int:
        return max(0, self.daily - self.spent)

    def spend(self) -> None:
        """Count one request before it is sent; raises `QuotaSpentError` where none is left.

        Under a lock, because several processes share a key. Counting first may count a request that a kill
        prevents; it never sends one too many.
        """
        path = Path(self.path)
        with storing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.seek(0)
                days = json.loads(file.read() or "{}")
                spent = int(days.get(self.day(), 0))
                if spent >= self.daily:
                    raise self.exhausted(spent)
                days[self.day()] = spent + 1
                file.truncate(0)
                file.write(json.dumps(days, sort_keys=True))

    def exhausted(self, spent: int) -> QuotaSpentError:
        return QuotaSpentError(
            f"BabelNet's daily quota is used up: {spent:,} of {self.daily:,} requests on {self.day()} (UTC). "
            "Everything answered is kept; run again tomorrow and it goes on from here"
        )
