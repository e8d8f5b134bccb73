"""Tar files with the same bytes every time: plain USTAR headers, no times, no owners, no extensions.

The layout is POSIX.1-1988 (USTAR): 512-byte blocks, numbers in octal, two zero blocks at the end, the whole
padded to records of 10,240 bytes as GNU tar does.
"""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from catalogs.sidecar import Member

BLOCK = 512
RECORD = 20 * BLOCK
LONGEST_NAME = 100
"""Bytes of the name field; longer names would need a prefix or a PAX header."""

_MODE_AND_OWNER = b"0000644\0" + b"0000000\0" * 2
_TIME = b"0" * 11 + b"\0"
_TYPE_AND_MAGIC = b"0" + bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2 + bytes(167)
_CONSTANT = sum(_MODE_AND_OWNER) + sum(_TIME) + sum(b" " * 8) + sum(_TYPE_AND_MAGIC)
"""What the fields that never differ add to the checksum; it counts its own field as spaces."""


class TarWriter:
    """Appends members to a binary file that it does not own, hashing all of it on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0

    def add(self, name: str, data: bytes) -> Member:
        """Append a member; raises ValueError where the name does not fit the header."""
        self._write(_header(name, len(data)))
        member = Member(name=name, offset=self.size, size=len(data))
        self._write(data)
        self._write(bytes(-len(data) % BLOCK))
        return member

    def finish(self) -> str:
        """Write the end of the archive; the SHA-256 of the whole file."""
        self._write(bytes(2 * BLOCK))
        self._write(bytes(-self.size % RECORD))
        return self._hash.hexdigest()

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)


def _header(name: str, size: int) -> bytes:
    """One header block: mode 0644, owner 0, group 0, time 0, a regular file.

    Put together by hand because `tarfile.TarInfo.tobuf` takes longer than hashing a small picture does.
    """
    raw = name.encode("ascii")
    if len(raw) > LONGEST_NAME:
        raise ValueError(f"member name {name!r} is longer than {LONGEST_NAME} bytes")
    if size >= 8**11:
        raise ValueError(f"member {name!r} has {size} bytes; a USTAR member holds less than 8 GiB")
    length = b"%011o\0" % size
    checksum = b"%06o\0 " % (_CONSTANT + sum(raw) + sum(length))
    return raw.ljust(100, b"\0") + _MODE_AND_OWNER + length + _TIME + checksum + _TYPE_AND_MAGIC
