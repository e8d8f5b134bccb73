"""Which addresses were seen, and what each brought: contents by hash, each with all addresses it was seen at.

    <folder>/<host>-<process>-<start>.jsonl     one file a process, appended to by it alone

The last line on an address holds. A kill can tear the last line of a file, which is then passed over.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from catalogs.files import storing
from catalogs.records import Record
from sources.fetching.failures import FAILURES

FETCHED, REFUSED, FAILED = "fetched", "refused", "failed"

_WORTH = {FETCHED: 2, REFUSED: 1, FAILED: 0}


class Seen(Record, frozen=True, kw_only=True):
    """What is known of one address."""

    url: str
    outcome: str
    """``fetched``, ``refused`` (a result) or ``failed`` (may pass)."""
    kind: str = ""
    """Failure class, a key of `failures.FAILURES`; empty when fetched."""
    detail: str = ""
    runs: int = 1
    """Runs that tried it in a row without success, this one included."""
    final_url: str = ""
    """After redirects."""
    sha256: str = ""
    media_type: str = ""
    width: int = 0
    height: int = 0
    bytes: int = 0
    etag: str = ""
    last_modified: str = ""
    at: str = ""
    """When it was last asked for, ISO 8601."""

    @property
    def is_settled(self) -> bool:
        """Whether another run leaves the address alone."""
        return self.outcome != FAILED or self.runs >= FAILURES[self.kind].runs


class SeenLog:
    """All that was seen below one folder. Threads may share it; processes may share the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._mine: Path | None = None
        self._known: dict[str, Seen] = {}
        self._failed_here: set[str] = set()
        decoder = msgspec.json.Decoder(Seen)
        for path in sorted(folder.glob("*.jsonl")):
            with path.open("rb") as lines:
                for line in lines:
                    try:
                        self._take(decoder.decode(line))
                    except msgspec.DecodeError:
                        continue  # a line that a kill has torn

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Seen]:
        """Every address once, in order."""
        return iter([self._known[url] for url in sorted(self._known)])

    def find(self, url: str) -> Seen | None:
        return self._known.get(url)

    def runs_before(self, url: str) -> int:
        """Runs before this one in which an address failed, in a row. A run that asks for it a second time,
        for another entity, has not tried twice: a server that is down for a minute would be given up."""
        known = self._known.get(url)
        if known is None or known.outcome != FAILED:
            return 0
        return known.runs - (url in self._failed_here)

    def addresses(self, sha256: str) -> list[str]:
        """Every address at which a content was seen."""
        return [seen.url for seen in self if seen.sha256 == sha256]

    def add(self, *several: Seen) -> None:
        """Write what addresses brought; survives the death of the process."""
        lines = b"".join(msgspec.json.encode(seen) + b"\n" for seen in several)
        with self._lock:
            if self._mine is None:
                name = f"{socket.gethostname()}-{os.getpid()}-{time.time_ns()}.jsonl"
                self._mine = self._folder / name
            with storing(self._mine):
                self._folder.mkdir(parents=True, exist_ok=True)
                with self._mine.open("ab") as file:
                    file.write(lines)
            self._known.update({seen.url: seen for seen in several})
            for seen in several:
                (self._failed_here.add if seen.outcome == FAILED else self._failed_here.discard)(seen.url)

    def _take(self, seen: Seen) -> None:
        """Files of several processes: the newest holds, and of one second the one that brought more."""
        known = self._known.get(seen.url)
        if known is None or _order(seen) >= _order(known):
            self._known[seen.url] = seen


def _order(seen: Seen) -> tuple[str, int, int]:
    return seen.at, _WORTH[seen.outcome], seen.runs
