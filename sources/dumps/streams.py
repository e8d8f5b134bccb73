"""A dump file as ranges of bytes that are read apart from each other (`sources.dumps.reading`).

plain XML            windows of about `RANGE_BYTES`, cut where a page begins
bz2, multistream     runs of streams of at least `RANGE_BYTES`: from the index beside the dump, and without
one
                     by looking for the ten bytes that a stream begins with, which stand on byte boundaries
bz2, one stream      one range: bzip2 cannot be entered in its middle

Ranges depend on the file and its index alone, so a range that was read once need not be read again.
"""

from __future__ import annotations

import bz2
import mmap
import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from pathlib import Path

import msgspec

from sources.dumps.export_xml import PAGE
from sources.errors import DumpError

RANGE_BYTES = 2**20
"""Stored bytes of a range. Of bz2 some 5 MB of XML, a second of work at most: what a kill can cost."""

_STREAM = re.compile(rb"BZh[1-9]1AY&SY")
"""How a stream begins: its header, and the magic number of its first block."""

_OF_STREAMS = ("truncated", "corrupt")
"""Reasons of damage that costs a whole stream."""


class Range(msgspec.Struct, frozen=True):
    """Bytes ``start`` to ``end`` of a file, with the beginnings of the streams inside."""

    start: int
    end: int
    streams: tuple[int, ...] = ()
    """Empty for plain XML."""


class Damage(msgspec.Struct, frozen=True):
    """What could not be read: where, why, and the titles that the index names there."""

    file: str
    offset: int
    """In the file as it is stored."""
    reason: str
    """``truncated`` or ``corrupt`` of a stream, ``bad-page``."""
    detail: str
    titles: tuple[str, ...] = ()


def ranges(path: Path, *, compressed: bool, size: int = RANGE_BYTES) -> list[Range]:
    """The ranges of a file, in their order. Raises `DumpError` for an index that belongs to another file."""
    length = path.stat().st_size
    if not length:
        return []
    if not compressed:
        return _windows(path, length, size)
    offsets = stream_offsets(path)
    found: list[Range] = []
    run: list[int] = []
    for offset, end in zip(offsets, (*offsets[1:], length), strict=True):
        run.append(offset)
        if end - run[0] >= size or end == length:
            found.append(Range(run[0], end, tuple(run)))
            run = []
    return found


def _windows(path: Path, length: int, size: int) -> list[Range]:
    """Cut at the first page after every `size` bytes."""
    cuts = [0]
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        while (cut := data.find(PAGE, cuts[-1] + size)) >= 0:
            cuts.append(cut)
    return [Range(start, end) for start, end in zip(cuts, (*cuts[1:], length), strict=True)]


def stream_offsets(path: Path) -> list[int]:
    """Where the streams of a bz2 file begin; 0 is always among them."""
    length = path.stat().st_size
    listed = [offset for offset in _index(path) if offset < length]
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if not listed:
            return sorted({0, *(found.start() for found in _STREAM.finditer(data))})
        sound = sum(data[offset : offset + 3] == b"BZh" for offset in listed)
        if sound * 2 < len(listed):
            raise DumpError(
                f"{index_of(path)} is the index of another dump than {path.name}: of {len(listed):,} streams "
                f"that it names {sound:,} begin where it says; fetch both anew, or delete the index"
            )
        # What follows the last stream that the index names is a stream of its own: the end of the XML.
        last = _STREAM.search(data, listed[-1] + 1)
        return sorted({0, *listed, *([last.start()] if last else [])})


def index_of(path: Path) -> Path | None:
    """The multistream index beside a dump, by the names that Wikimedia gives the two."""
    if "multistream" not in path.name:
        return None
    name = path.name.replace("multistream", "multistream-index", 1).replace(".xml", ".txt", 1)
    places = (path.with_name(name), path.with_name(name.removesuffix(".bz2")))
    return next((place for place in places if place.is_file()), None)


def with_titles(path: Path, damage: list[Damage]) -> list[Damage]:
    """`damage` of a file with the titles that the index beside it names in streams that cannot be read, and
    what it names beyond the end of the file: an unfinished download. Nothing is added without an index."""
    length = path.stat().st_size
    titles: dict[int, list[str]] = {one.offset: [] for one in damage if one.reason in _OF_STREAMS}
    for offset, title in _lines(path):
        if offset in titles or offset >= length:
            titles.setdefault(offset, []).append(title)
    known = [
        msgspec.structs.replace(one, titles=tuple(titles[one.offset])) if one.reason in _OF_STREAMS else one
        for one in damage
    ]
    beyond = [
        Damage(path.name, offset, "truncated", "the file ends before it", tuple(names))
        for offset, names in sorted(titles.items())
        if offset >= length
    ]
    return [*known, *beyond]


@lru_cache(maxsize=4)
def _index(path: Path) -> tuple[int, ...]:
    """Offsets that the index names, sorted."""
    return tuple(sorted({offset for offset, _ in _lines(path)}))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """``offset:page id:title`` of the index, titles escaped as in XML. One that is itself damaged counts as
    far as it can be read."""
    index = index_of(path)
    if index is None:
        return
    with bz2.open(index, "rb") if index.suffix == ".bz2" else index.open("rb") as file:
        try:
            for line in file:
                offset, _, rest = line.rstrip(b"\n").partition(b":")
                _, _, title = rest.partition(b":")
                if offset.isdigit():
                    yield int(offset), unescape(title.decode("utf-8", "replace"))
        except (OSError, EOFError):
            return
