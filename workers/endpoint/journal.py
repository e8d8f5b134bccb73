"""The journal of calls: every finished call, written as it returns and never made again.

    calls/<host>-<process>-<start>.calls     one file a process that has called, appended to by it alone

A frame (`workers.endpoint.frames`) is a header (length, checksum, digest of the request, tokens, money,
status) and the raw reply. The index of a folder is read off the headers, so that opening it costs little
whatever the replies weigh. A kill can tear the last frame of a file; nothing is ever written after it.

What an endpoint refused for good is a finished call, too. ``tracemill retry`` withdraws the refusals that it
comes upon, by frames of their own: then they count as not made. A reply that was paid for and cannot be used
leaves a frame without words, so that its price is in the account; the call counts as not made.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from catalogs.files import storing
from workers.endpoint.budget import Total
from workers.endpoint.errors import EndpointError
from workers.endpoint.frames import (
    LOST,
    REFUSED,
    SUFFIX,
    WITHDRAWN,
    Meta,
    frame_of,
    frames_in,
    is_refusal,
    is_withdrawn,
    read_at,
)

ANSWERED = 200
"""Status of a call that brought an answer; others are of refusals, and of pictures that could not be
fetched."""

_REFRESH = 1.0
"""Seconds between looks at what other processes have written, at least."""

_LOOKING = 0.05
"""Share of the time that may go into these looks: each asks for the size of every file, of which a month of
runs leaves thousands, on a file system that may be far away; and calls wait meanwhile."""


@dataclass(frozen=True)
class Recorded:
    """A finished call."""

    reply: bytes
    tokens_in: int = 0
    tokens_out: int = 0
    micros: int = 0
    status: int = ANSWERED
    at: int = 0
    """When it returned, in seconds since 1970: a replay repeats it, so that it may enter records."""
    refused: bool = False
    """Whether an endpoint refused it for what it holds; `reply` is the body of the refusal."""

    @property
    def when(self) -> str:
        """`at` in ISO 8601."""
        return datetime.fromtimestamp(self.at, UTC).isoformat()


class _Place(NamedTuple):
    """Where the frame is that counts for a call."""

    path: Path
    start: int
    status: int
    at: int

    @property
    def is_refusal(self) -> bool:
        return is_refusal(self.status)

    @property
    def is_withdrawn(self) -> bool:
        return is_withdrawn(self.status)

    def gives_way_to(self, other: _Place) -> bool:
        """Files are read in the order of their names, so order tells within a file alone. An answer stays;
        of refusals the latest counts, and a withdrawal before what it withdraws."""
        return self.path == other.path or other._rank >= self._rank

    @property
    def _rank(self) -> tuple[bool, int, bool]:
        return (True, 0, False) if not self.is_refusal else (False, self.at, self.is_withdrawn)


class Journal:
    """All finished calls below one folder. Threads may share it; processes may share the folder."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self._folder = folder
        self._read_only = read_only
        self._places: dict[bytes, _Place] = {}
        self._read_to: dict[Path, int] = {}
        self._lock = threading.RLock()
        self._mine: Path | None = None
        self._file: int | None = None
        self._look_at = 0.0
        self.total = Total()
        self.refresh()

    def __len__(self) -> int:
        """Finished calls, each counted once."""
        return sum(not place.is_withdrawn for place in self._places.values())

    def find(self, digest: bytes) -> Recorded | None:
        """The call with this digest, by whichever process it was made; None where it was not made, where its
        refusal was withdrawn, or where its frame is damaged."""
        with self._lock:
            place = self._places.get(digest)
            if place is None and time.monotonic() > self._look_at:
                self.refresh()
                place = self._places.get(digest)
        return None if place is None or place.is_withdrawn else _read(place)

    def append(self, digest: bytes, call: Recorded) -> None:
        """Write a finished call at once; it survives the death of the process. Raises `StorageError`."""
        if self._read_only:
            raise EndpointError(f"{self._folder} is replayed from and cannot be written")
        known = self._places.get(digest)
        if known and known.is_withdrawn:  # what comes after it counts, whatever the clock says
            call = replace(call, at=max(call.at, known.at + 1))
        status = call.status | REFUSED if call.refused else call.status
        meta = Meta(digest, call.tokens_in, call.tokens_out, call.micros, status, call.at)
        frame = frame_of(meta, call.reply)
        with self._lock, storing(self._folder):
            path, file = self._own()
            start = self._read_to.get(path, 0)
            try:
                _write(file, frame)
            except BaseException:
                self._file = None  # the next call begins a new file: nothing may follow half a frame
                os.close(file)
                raise
            self._read_to[path] = start + len(frame)
            self._remember(path, start, meta)

    def withdraw(self, digest: bytes, until: int) -> None:
        """Have a call that was refused no later than `until` (seconds since 1970) made again."""
        self.append(digest, Recorded(b"", status=WITHDRAWN, at=until, refused=True))

    def refresh(self) -> None:
        """Take in what other processes have written since."""
        with self._lock:
            began = time.monotonic()
            if self._folder.is_dir():
                for path in sorted(self._folder.glob(f"*{SUFFIX}")):
                    if path != self._mine:
                        self._take_in(path)
            now = time.monotonic()
            self._look_at = now + max(_REFRESH, (now - began) / _LOOKING)

    def _own(self) -> tuple[Path, int]:
        if self._mine is None or self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            name = f"{socket.gethostname()}-{os.getpid()}-{time.time_ns()}{SUFFIX}"
            self._mine = self._folder / name
            self._file = os.open(self._mine, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o644)
        return self._mine, self._file

    def _take_in(self, path: Path) -> None:
        for frame in frames_in(path, self._read_to.get(path, 0)):
            self._remember(path, frame.start, frame.meta)
            self._read_to[path] = frame.end

    def _remember(self, path: Path, start: int, meta: Meta) -> None:
        used = meta.tokens_in, meta.tokens_out, meta.micros
        if meta.status == LOST:
            self.total.add(*used, lost=True)
            return
        if not meta.is_withdrawn:
            self.total.add(*used, refused=meta.is_refusal)
        if meta.is_removed:
            return
        place, known = _Place(path, start, meta.status, meta.at), self._places.get(meta.digest)
        if known is None or known.gives_way_to(place):
            self._places[meta.digest] = place


def _write(file: int, data: bytes) -> None:
    written = 0
    while written < len(data):
        written += os.write(file, data[written:])


def _read(place: _Place) -> Recorded | None:
    with place.path.open("rb") as file:
        found = read_at(file, place.start)
    if found is None:
        return None
    reply, (_, tokens_in, tokens_out, micros, status, at) = found
    return Recorded(reply, tokens_in, tokens_out, micros, status & ~REFUSED, at, refused=place.is_refusal)


@lru_cache(maxsize=8)
def journal_of(folder: str, *, replay: bool) -> Journal:
    """The journal of a folder, one a process."""
    if replay and not any(Path(folder).glob(f"*{SUFFIX}")):
        raise EndpointError(
            f"{folder} holds no journal of calls: name the folder `calls` of an output folder"
        )
    return Journal(Path(folder), read_only=replay)
