"""Every line of a dump is read once, whatever it is compressed with and wherever it is cut."""

from __future__ import annotations

import bz2
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.errors import DumpError, DumpMissingError
from sources.wikidata.dump import bzip2, reading
from sources.wikidata.dump.bzip2 import blocks
from sources.wikidata.dump.reading import pieces, split_lines
from tests.sources.wikidata.dumps import dump_text, item, write_dump

ITEMS = [item(f"Q{n}", {"en": random.Random(n).randbytes(40 * (n % 9)).hex()}) for n in range(1, 300)]


@pytest.mark.parametrize("suffix", [".json", ".json.bz2", ".json.gz", ".json.zst"])
@pytest.mark.parametrize("step", [700, 20_000, 1 << 30])
def test_pieces_hold_every_line_once(
    suffix: str, step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PIECE_BYTES", dict.fromkeys(reading.PIECE_BYTES, step))
    monkeypatch.setattr(reading, "_READ", 512)
    path = write_dump(tmp_path / f"d{suffix}", ITEMS)
    read = [line for piece in pieces(path) for line in piece.lines() if line]
    assert read == [line for line in dump_text(ITEMS).split(b"\n") if line]


@pytest.mark.parametrize("suffix", [".json", ".json.bz2", ".json.gz"])
def test_finished_pieces_are_not_read_again(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PIECE_BYTES", dict.fromkeys(reading.PIECE_BYTES, 5_000))
    path = write_dump(tmp_path / f"d{suffix}", ITEMS)
    numbers = [piece.number for piece in pieces(path)]
    assert numbers == list(range(len(numbers)))
    assert [piece.number for piece in pieces(path, frozenset(numbers[1:]))] == [0]


@given(st.binary(max_size=60).map(lambda b: bytes(10 if c < 40 else c for c in b)), st.data())
def test_lines_are_split_alike_wherever_the_text_is_cut(text: bytes, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=6).map(sorted))
    edges = [0, *cuts, len(text)]
    chunks = data.draw(st.integers(1, 9))

    def part(start: int, stop: int) -> list[bytes]:
        return [text[at : min(at + chunks, stop)] for at in range(start, stop, chunks)]

    read = []
    for number, (start, stop) in enumerate(pairwise(edges)):
        if stop > start:
            is_first = not any(edges[1 : number + 1])
            read += split_lines(part(start, stop), part(stop, len(text)), is_first=is_first)
    assert [line for line in read if line] == [line for line in text.split(b"\n") if line]


def test_blocks_of_several_streams_are_found_at_any_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bzip2, "WINDOW", 4096)
    text = random.Random(5).randbytes(400_000).hex().encode()
    path = tmp_path / "x.bz2"
    path.write_bytes(bz2.compress(text[:300_000], 1) + bz2.compress(b"") + bz2.compress(text[300_000:], 2))
    size = path.stat().st_size
    assert b"".join(blocks(path, 0, size)) == text
    for step in (50_001, 100_000, 333_333):
        ranges = [(start, min(start + step, size)) for start in range(0, size, step)]
        assert b"".join(part for one in ranges for part in blocks(path, *one)) == text


@pytest.mark.parametrize("suffix", [".bz2", ".gz", ".zst"])
def test_a_cut_file_says_so(suffix: str, tmp_path: Path) -> None:
    path = write_dump(tmp_path / f"d{suffix}", ITEMS)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DumpError, match="fetch it again"):
        _ = [list(piece.lines()) for piece in pieces(path)]


def test_a_file_that_is_not_there_says_where_dumps_are(tmp_path: Path) -> None:
    with pytest.raises(DumpMissingError, match=r"dumps\.wikimedia\.org"):
        list(pieces(tmp_path / "none.json"))
