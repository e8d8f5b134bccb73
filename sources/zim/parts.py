"""The file or files of an archive, checked before libzim sees them.

The header (openzim.org, "ZIM file format") states where the checksum at the very end begins, so an unfinished
download shows at once, at any size. An archive may be split for file systems that hold no large files:
``.zimaa``, ``.zimab`` and so on.
"""

from __future__ import annotations

import re
import string
import struct
from itertools import takewhile
from pathlib import Path

from sources.errors import ArchiveMissingError, ArchiveTruncatedError, NotAnArchiveError

_MAGIC = 0x044D495A
_HEADER_BYTES = 80
_CHECKSUM_AT = 72
"""Offset of the field that holds the position of the checksum."""
_CHECKSUM_BYTES = 16


def checksum_of(path: Path) -> str:
    """The archive's own MD5 in hex, read from its end: names its content without reading it.

    Raises `ArchiveMissingError`, `NotAnArchiveError` or `ArchiveTruncatedError`. A byte that was flipped in
    the middle is not found: that takes reading everything, as ``zimcheck`` does.
    """
    parts = parts_of(path)
    if not parts:
        raise ArchiveMissingError(
            f"{path}: no such file; give the path of a .zim file, e.g. from download.kiwix.org, or of the "
            "first part of one that is split, .zimaa"
        )
    size = sum(part.stat().st_size for part in parts)
    header = _read(parts, 0, _HEADER_BYTES)
    if len(header) < 4 or struct.unpack_from("<I", header)[0] != _MAGIC:
        raise NotAnArchiveError(
            f"{path} is no ZIM archive: it does not begin as one; give the path of a .zim file"
        )
    if len(header) < _HEADER_BYTES:
        raise ArchiveTruncatedError(_finish_download(parts, size, _HEADER_BYTES))
    end = struct.unpack_from("<Q", header, _CHECKSUM_AT)[0] + _CHECKSUM_BYTES
    if size < end:
        raise ArchiveTruncatedError(_finish_download(parts, size, end))
    return _read(parts, end - _CHECKSUM_BYTES, _CHECKSUM_BYTES).hex()


def whole_path(path: Path) -> Path:
    """How an archive is called, whichever part of a split one is named: ``wiki.zimaa`` -> ``wiki.zim``."""
    return path.with_suffix(path.suffix[:-2]) if re.fullmatch(r"\.zim[a-z]{2}", path.suffix) else path


def parts_of(path: Path) -> list[Path]:
    """The files of an archive in order: one, or ``.zimaa``, ``.zimab`` ... up to the first that is
    missing."""
    path = whole_path(path)
    if path.is_file():
        return [path]
    letters = string.ascii_lowercase
    named = (path.with_name(f"{path.name}{first}{second}") for first in letters for second in letters)
    return list(takewhile(Path.is_file, named))


def _read(parts: list[Path], start: int, count: int) -> bytes:
    """Bytes of an archive, across its parts."""
    found = b""
    for part in parts:
        size = part.stat().st_size
        if start < size and len(found) < count:
            with part.open("rb") as handle:
                handle.seek(start)
                found += handle.read(count - len(found))
        start = max(0, start - size)
    return found


def _finish_download(parts: list[Path], size: int, expected: int) -> str:
    told = str(parts[0]) if len(parts) == 1 else f"{parts[0]} .. {parts[-1].suffix} ({len(parts)} parts)"
    way_out = "finish the download or fetch it again"
    if len(parts) > 1 or parts[0].suffix != whole_path(parts[0]).suffix:
        way_out = "put the missing parts beside them"
    return f"{told} is cut: {size:,} of {expected:,} bytes are there; {way_out}"
