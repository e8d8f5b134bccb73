"""Frames of a journal of calls: a header (length, checksum), what is known of the call, and the raw reply."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

_HEAD = struct.Struct("<II")
_META = struct.Struct("<16sIIQHI")

REFUSED = 1 << 15
"""Bit of the status of a frame: an endpoint refused the call for what it holds."""

WITHDRAWN = 0
"""Status of a frame that takes back a refusal."""

LOST = 1
"""Status of a try whose reply was paid for and could not be used."""

REMOVED = 2
"""Status of what is left of a call that was taken out: what it has cost."""

SUFFIX = ".calls"


def is_refusal(status: int) -> bool:
    """Whether a frame of this status holds a refusal, or takes one back."""
    return status & REFUSED > 0


def is_withdrawn(status: int) -> bool:
    """Whether a frame of this status takes a refusal back."""
    return status == REFUSED | WITHDRAWN


class Meta(NamedTuple):
    """What is known of a call beside its reply."""

    digest: bytes
    tokens_in: int
    tokens_out: int
    micros: int
    """Millionths of money."""
    status: int
    """Of HTTP, or one of those above; with `REFUSED`."""
    at: int
    """Seconds since 1970."""

    @property
    def is_refusal(self) -> bool:
        return is_refusal(self.status)

    @property
    def is_withdrawn(self) -> bool:
        return is_withdrawn(self.status)

    @property
    def is_removed(self) -> bool:
        return self.status & ~REFUSED == REMOVED

    @property
    def is_call(self) -> bool:
        """Whether a finished call is in the frame, with its reply."""
        return not (self.is_withdrawn or self.is_removed or self.status == LOST)


class Frame(NamedTuple):
    start: int
    end: int
    meta: Meta


def frame_of(meta: Meta, reply: bytes) -> bytes:
    """As it stands in a journal."""
    packed = _META.pack(*meta)
    return _HEAD.pack(len(reply), zlib.crc32(reply, zlib.crc32(packed))) + packed + reply


def frames_in(path: Path, start: int = 0) -> Iterator[Frame]:
    """Frames from a place on, by their headers alone, up to one that a kill has torn or that is being
    written."""
    size = path.stat().st_size
    if start >= size:
        return
    with path.open("rb") as file:
        while start + _HEAD.size + _META.size <= size:
            file.seek(start)
            length, _ = _HEAD.unpack(file.read(_HEAD.size))
            meta = Meta(*_META.unpack(file.read(_META.size)))
            end = start + _HEAD.size + _META.size + length
            if end > size:
                return
            yield Frame(start, end, meta)
            start = end


def read_at(file: BinaryIO, start: int) -> tuple[bytes, Meta] | None:
    """The reply in the frame that begins there, and what is known of the call; None where it is damaged."""
    file.seek(start)
    length, checksum = _HEAD.unpack(file.read(_HEAD.size))
    meta = file.read(_META.size)
    reply = file.read(length)
    whole = len(reply) == length and zlib.crc32(reply, zlib.crc32(meta)) == checksum
    return (reply, Meta(*_META.unpack(meta))) if whole else None
