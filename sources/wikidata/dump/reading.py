"""Lines of a dump, whatever it is compressed with, in pieces that can be read apart or at least kept apart.

    plain, bz2   a piece is a range of bytes: any process reads any piece (bz2 by its blocks)
    gz, zst      a piece is so much of the text: one process unpacks, others decode what it hands out

A line belongs to the piece that holds the end of the line before it, so every line is read once whatever the
pieces are. Memory is that of a window and of the longest line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import msgspec

from catalogs.digests import digest
from sources.errors import DumpError, DumpMissingError
from sources.wikidata.dump.bzip2 import blocks

PIECE_BYTES = {"plain": 64 << 20, "bz2": 8 << 20, "gzip": 32 << 20, "zstd": 32 << 20}
"""Bytes of a piece: of the file where pieces are ranges of it, of text where they are not. Each is a few
seconds of work, which is what a kill costs; the full dump in bz2 makes 12,000 pieces."""

_MAGIC = {b"BZh": "bz2", b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_READ = 1 << 20
_SAMPLES, _SAMPLE_BYTES = 64, 64 << 10


class Piece(msgspec.Struct, frozen=True):
    """A part of a dump. `text` holds its lines where they cannot be read by anybody else."""

    number: int
    path: str
    form: str
    """A key of `PIECE_BYTES`."""
    start: int = 0
    stop: int = 0
    """Bytes of the file; 0 for formats that are unpacked from the beginning."""
    text: bytes = b""

    def lines(self) -> Iterator[bytes]:
        """Lines without their end; the last may be empty. Raises `DumpError`."""
        if self.text:
            return iter(self.text.split(b"\n"))
        path = Path(self.path)
        if self.form == "bz2":
            own, after = blocks(path, self.start, self.stop), blocks(path, self.stop, path.stat().st_size)
        else:
            own, after = _read(path, self.start, self.stop), _read(path, self.stop, path.stat().st_size)
        return split_lines(own, after, is_first=self.start == 0)


def form_of(path: Path) -> str:
    """By the first bytes, never by the name; raises `DumpMissingError`."""
    _has_to_be_there(path)
    with path.open("rb") as file:
        head = file.read(4)
    return next((form for magic, form in _MAGIC.items() if head.startswith(magic)), "plain")


def _has_to_be_there(path: Path) -> None:
    if not path.is_file():
        raise DumpMissingError(
            f"{path}: no such file; give a JSON dump of Wikidata, e.g. latest-all.json.bz2 "
            "from dumps.wikimedia.org/wikidatawiki/entities"
        )


def pieces(path: Path, done: frozenset[int] = frozenset()) -> Iterator[Piece]:
    """All pieces but those that are `done`, in their order. Raises `DumpError`."""
    form = form_of(path)
    size, step = path.stat().st_size, PIECE_BYTES[form]
    if form in ("plain", "bz2"):
        for number, start in enumerate(range(0, size, step)):
            if number not in done:
                yield Piece(number, str(path), form, start, min(start + step, size))
        return
    for number, text in enumerate(_texts(path, form, step)):
        if number not in done:
            yield Piece(number, str(path), form, text=text)


def content_revision(path: Path) -> str:
    """Digest of the size and of 64 samples of 64 KiB from the first byte to the last.

    Dumps of two weeks differ everywhere, and reading 100 GB to name them would take longer than using them.
    Raises `DumpMissingError`.
    """
    _has_to_be_there(path)
    size = path.stat().st_size
    parts = [str(size).encode()]
    with path.open("rb") as file:
        for number in range(_SAMPLES):
            file.seek(max(0, size - _SAMPLE_BYTES) * number // (_SAMPLES - 1))
            parts.append(file.read(_SAMPLE_BYTES))
    return digest(b"".join(parts))[:12]


def split_lines(own: Iterable[bytes], after: Iterable[bytes], *, is_first: bool) -> Iterator[bytes]:
    """Lines of a piece: what stands in `own`, less the end of a line that began before, plus in `after` the
    end of the line that begins last."""
    parts = iter(own)
    if not is_first:
        for part in parts:
            _, found, rest = part.partition(b"\n")
            if found:
                parts = chain((rest,), parts)
                break
        else:
            return  # all of it is the middle of a line
    whole: list[bytes] = []
    for part in parts:
        *lines, last = part.split(b"\n")
        if lines:
            yield b"".join((*whole, lines[0]))
            yield from lines[1:]
            whole = []
        whole.append(last)
    for part in after:
        end, found, _ = part.partition(b"\n")
        whole.append(end)
        if found:
            break
    yield b"".join(whole)


def _read(path: Path, start: int, stop: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < stop and (part := file.read(min(_READ, stop - start))):
            start += len(part)
            yield part


def _texts(path: Path, form: str, step: int) -> Iterator[bytes]:
    """Whole lines, at least `step` bytes at a time but for the last."""
    import pyarrow as pa

    held: list[bytes] = []
    size = 0
    try:
        with pa.CompressedInputStream(pa.OSFile(str(path)), form) as stream:
            while part := bytes(stream.read(_READ)):
                held.append(part)
                size += len(part)
                if size >= step and b"\n" in part:
                    text, _, rest = b"".join(held).rpartition(b"\n")
                    yield text
                    held, size = [rest], len(rest)
    except OSError as error:
        raise DumpError(
            f"{path} is damaged or cut ({error}): compare its checksum and fetch it again"
        ) from error
    if any(held):
        yield b"".join(held)
