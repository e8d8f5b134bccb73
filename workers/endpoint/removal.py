"""Taking calls out of a journal for good: their replies, and the digests of their requests.

What they have cost stays, because a budget holds for all that a folder ever spent. A file is replaced as a
whole, so that a kill leaves each either as it was or without them.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence, Set
from pathlib import Path
from typing import BinaryIO

import psutil

from catalogs.files import replacing
from workers.endpoint.clients import CLIENTS
from workers.endpoint.errors import EndpointError
from workers.endpoint.frames import REFUSED, REMOVED, SUFFIX, Frame, Meta, frame_of, frames_in, read_at
from workers.endpoint.journal import journal_of

Goes = Callable[[bytes, bytes], bool]
"""(digest, reply) -> whether a call has to go."""

NOBODY = bytes(16)
"""Digest of what is left of a call."""


def remove_calls(folder: Path, goes: Goes, *, dry_run: bool = False) -> int:
    """Take calls out of all files of a folder; how many went, or would go.

    Raises `EndpointError` where another process of this host is writing a file that holds one.
    """
    removed = 0
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        frames = list(frames_in(path))
        with path.open("rb") as file:
            gone = {frame.start for frame in frames if frame.meta.is_call and _goes(file, frame, goes)}
            if gone and not dry_run:
                if _is_written(path):
                    raise EndpointError(f"{path} is being written: give the same command when that is over")
                _rewrite(path, file, frames, gone)
        removed += len(gone)
    if removed and not dry_run:  # what this process knows of places is of the old files
        journal_of.cache_clear()
        CLIENTS.forget()
    return removed


def _goes(file: BinaryIO, frame: Frame, goes: Goes) -> bool:
    found = read_at(file, frame.start)
    return goes(frame.meta.digest, found[0] if found else b"")


def _rewrite(path: Path, file: BinaryIO, frames: Sequence[Frame], gone: Set[int]) -> None:
    with replacing(path) as temporary, temporary.open("wb") as written:
        for frame in frames:
            if frame.start in gone:
                meta = frame.meta
                status = REMOVED | (meta.status & REFUSED)
                used = meta.tokens_in, meta.tokens_out, meta.micros
                written.write(frame_of(Meta(NOBODY, *used, status, meta.at), b""))
            else:
                file.seek(frame.start)
                written.write(file.read(frame.end - frame.start))


def _is_written(path: Path) -> bool:
    """Whether the process that the file is named after is another one, and at work."""
    host, process, began = path.stem.rsplit("-", 2)
    if host != socket.gethostname() or int(process) == os.getpid():
        return False
    try:
        return bool(psutil.Process(int(process)).create_time() * 1e9 < int(began))
    except psutil.NoSuchProcess:
        return False
