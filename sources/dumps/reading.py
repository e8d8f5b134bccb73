"""The XML in a range of a dump, piece by piece; what is damaged is told, and costs only itself."""

from __future__ import annotations

import bz2
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sources.dumps.export_xml import PAGE, PAGE_END
from sources.dumps.streams import Damage, Range

_CHUNK = 256 * 1024
_HELD = 2**20
"""Bytes held back of a stream that goes on. A block of bzip2 decodes to 900 kB, and shows at its end only
whether it is sound: when it is not, what came out of it is thrown away."""


@dataclass
class RangeReader:
    """Reads one range. `damage` fills up while `chunks` is consumed."""

    path: Path
    range: Range
    damage: list[Damage] = field(default_factory=list)

    def chunks(self) -> Iterator[Iterator[bytes]]:
        """Decoded bytes: an inner iterator a run of bytes without a gap, to be read before the next."""
        if not self.range.streams:
            yield self._plain()
            return
        ends = (*self.range.streams[1:], self.range.end)
        streams = deque(zip(self.range.streams, ends, strict=True))
        while streams:
            yield self._run(streams)

    def _run(self, streams: deque[tuple[int, int]]) -> Iterator[bytes]:
        """Streams up to a damaged one. Where they are not cut between pages (pbzip2 cuts anywhere),
        a page belongs to the range in which it begins: it is read to its end in what follows."""
        lost = len(self.damage)
        last = _LastPage()
        while streams:
            for chunk in self._stream(*streams.popleft()):
                last.see(chunk)
                yield chunk
            if len(self.damage) > lost:
                return
        if last.begins:
            yield from last.rest(self._after())

    def _after(self) -> Iterator[bytes]:
        """What follows the range; its damage is told by whoever reads it as his own."""
        end = self.path.stat().st_size
        return RangeReader(self.path, self.range)._stream(self.range.end, end)

    def _plain(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            file.seek(self.range.start)
            left = self.range.end - self.range.start
            while left > 0 and (chunk := file.read(min(_CHUNK, left))):
                left -= len(chunk)
                yield chunk

    def _stream(self, start: int, end: int) -> Iterator[bytes]:
        """No more than `_HELD` bytes are unpacked at a time: a few hundred stored ones can hold gigabytes."""
        decoder = bz2.BZ2Decompressor()
        held = stored = b""
        at = start
        with self.path.open("rb") as file:
            file.seek(start)
            try:
                while True:
                    if not stored and (decoder.eof or decoder.needs_input):
                        stored = file.read(min(_CHUNK, end - at))
                        if not stored:
                            break
                        at += len(stored)
                    if decoder.eof:  # a stream that nobody has named; all of the one before is sound
                        yield held
                        held, decoder = b"", bz2.BZ2Decompressor()
                    held += decoder.decompress(stored, _HELD)
                    stored = decoder.unused_data
                    if len(held) > 2 * _HELD:
                        yield held[:-_HELD]
                        held = held[-_HELD:]
            except OSError:
                self._lost(
                    start, "corrupt", f"the bz2 stream from byte {start:,} is damaged before byte {at:,}"
                )
                return
        if not decoder.eof:
            self._lost(start, "truncated", f"the bz2 stream from byte {start:,} has no end")
            return
        yield held

    def _lost(self, offset: int, reason: str, detail: str) -> None:
        self.damage.append(Damage(self.path.name, offset, reason, detail))


class _LastPage:
    """Whether a page begins in some bytes and does not end there, and where it does."""

    def __init__(self) -> None:
        self._open = False
        self._tail = b""

    def see(self, chunk: bytes) -> None:
        near = self._tail + chunk
        begin, end = near.rfind(PAGE), near.rfind(PAGE_END)
        if begin >= 0 or end >= 0:
            self._open = begin > end
        self._tail = near[-len(PAGE_END) + 1 :]

    @property
    def begins(self) -> bool:
        return self._open or bool(self._half)

    @property
    def _half(self) -> bytes:
        """The first letters of ``<page>``, where they stand last."""
        starts = (PAGE[:size] for size in range(len(PAGE) - 1, 0, -1))
        return next((start for start in starts if self._tail.endswith(start)), b"")

    def rest(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Its end, out of what follows; nothing where what begins is no page."""
        near = self._tail if self._open else self._half
        seen = len(near)
        for chunk in chunks:
            near += chunk
            if len(near) < len(PAGE_END):
                continue
            if not self._open and not near.startswith(PAGE):
                return
            self._open = True
            end = near.find(PAGE_END)
            if end >= 0:
                yield near[seen : end + len(PAGE_END)]
                return
            yield near[seen:]
            near = near[-len(PAGE_END) + 1 :]
            seen = len(near)
