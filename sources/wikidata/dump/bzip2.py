"""Blocks of a bzip2 file, found and read apart from one another, so that one file keeps many processes busy.

A bzip2 file is a stream of blocks of at most 900 kB that know nothing of each other. They begin at any bit,
with a mark of 48 bits (the digits of pi) and a checksum of 32; the stream ends with another mark (those of
its square root), and another stream may follow. A block is read by giving it a stream of its own: header,
block, end mark, and its checksum, which is the checksum of a stream of one block.
"""

from __future__ import annotations

import bz2
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sources.errors import DumpError

_BLOCK, _END = 0x314159265359, 0x177245385090
_MARK_BITS, _CHECKSUM_BITS = 48, 32
_HEADER = b"BZh9"
"""Of a stream with the largest blocks; smaller ones are read under it, too."""
_LARGEST = 2 << 20
"""Bytes within which a block ends: 900 kB that nothing could compress take little more than that."""

WINDOW = 4 << 20
"""Bytes that are searched for marks at a time."""


def blocks(path: Path, start: int, stop: int) -> Iterator[bytes]:
    """What each block holds whose mark begins in the bytes `start` to `stop` of the file, in their order.

    Raises `DumpError` for a block that is damaged or cut. One place in 2^48 holds a mark by chance: a block
    that cannot be read up to the next mark is read up to the one after it.
    """
    with path.open("rb") as file:
        begin: int | None = None
        for mark, place in _marks(file, start):
            if begin is not None:
                content = _read(file, begin, place)
                if content is None:
                    if place - begin > _LARGEST * 8:
                        break
                    continue
                yield content
            begin = place if mark == _BLOCK else None
            if place >> 3 >= stop:
                return
        if begin is not None:
            raise DumpError(
                f"{path} is damaged or cut at byte {begin >> 3:,}: compare its checksum and fetch it again"
            )


def _marks(file: BinaryIO, start: int) -> Iterator[tuple[int, int]]:
    """Every mark that begins at or after byte `start`, and the bit at which it begins, in their order."""
    while True:
        file.seek(start)
        window = file.read(WINDOW)
        found = sorted((bit, mark) for mark in (_BLOCK, _END) for bit in _places(window, mark))
        # A mark that begins in the last bytes is found again, whole, in the next window.
        last = len(window) < WINDOW
        owned = len(window) - (0 if last else 8)
        yield from ((mark, start * 8 + bit) for bit, mark in found if bit >> 3 < owned)
        if last:
            return
        start += owned


def _places(window: bytes, mark: int) -> Iterator[int]:
    """Bits at which a mark begins. At each of eight offsets, five of its bytes stand whole in the window."""
    for offset in range(8):
        pattern = mark << (8 - offset)
        inner = pattern.to_bytes(7, "big")[1:6]
        mask = ((1 << _MARK_BITS) - 1) << (8 - offset)
        at = window.find(inner, 1)
        while at >= 0:
            around = window[at - 1 : at + 6].ljust(7, b"\0")
            if int.from_bytes(around, "big") & mask == pattern:
                yield (at - 1) * 8 + offset
            at = window.find(inner, at + 1)


def _read(file: BinaryIO, begin: int, end: int) -> bytes | None:
    """The block between two bits; None where it does not end there."""
    file.seek(begin >> 3)
    length = end - begin
    raw = int.from_bytes(file.read((end + 7 >> 3) - (begin >> 3)), "big") >> (-end % 8)
    block = raw & ((1 << length) - 1)
    checksum = block >> (length - _MARK_BITS - _CHECKSUM_BITS) & ((1 << _CHECKSUM_BITS) - 1)
    stream = (block << _MARK_BITS | _END) << _CHECKSUM_BITS | checksum
    bits = length + _MARK_BITS + _CHECKSUM_BITS
    padding = -bits % 8
    try:
        return bz2.decompress(_HEADER + (stream << padding).to_bytes((bits + padding) // 8, "big"))
    except (OSError, ValueError):
        return None
