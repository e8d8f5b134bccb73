"""Ranges of a dump are read whole, whoever compressed it, in little memory."""

from __future__ import annotations

import bz2
import tracemalloc
from pathlib import Path

import pytest

from sources.dumps.export_xml import BadPageError, split_pages
from sources.dumps.reading import RangeReader
from sources.dumps.streams import Damage, ranges

PAGES = [f"<page><title>{number}</title><text>{'x' * 300}</text></page>".encode() for number in range(120)]
XML = b"<mediawiki><siteinfo></siteinfo>\n" + b"\n".join(PAGES) + b"</mediawiki>"


def read(path: Path, size: int) -> tuple[list[bytes | BadPageError], list[Damage]]:
    damage: list[Damage] = []
    readers = [RangeReader(path, one, damage) for one in ranges(path, compressed=True, size=size)]
    return [page for one in readers for run in one.chunks() for page in split_pages(run)], damage


@pytest.mark.parametrize("size", [1, 700, 2**20])
@pytest.mark.parametrize("cut", [137, 997, 5000])
def test_streams_may_end_in_the_middle_of_a_page(cut: int, size: int, tmp_path: Path) -> None:
    """As pbzip2 writes them: each page is read once, in whichever range it begins."""
    path = tmp_path / "wiki.xml.bz2"
    path.write_bytes(b"".join(bz2.compress(XML[at : at + cut]) for at in range(0, len(XML), cut)))
    assert read(path, size) == (PAGES, [])


def test_a_tag_may_be_cut_in_two(tmp_path: Path) -> None:
    path = tmp_path / "wiki.xml.bz2"
    begin, end = XML.index(b"<page><title>7<"), XML.index(b"</page>", XML.index(b"<title>50<"))
    for at in (*range(begin, begin + 7), *range(end, end + 8)):
        path.write_bytes(bz2.compress(XML[:at]) + bz2.compress(XML[at:]))
        assert read(path, 1) == (PAGES, [])


def test_what_stands_behind_the_last_stream_costs_no_page(tmp_path: Path) -> None:
    path = tmp_path / "wiki.xml.bz2"
    path.write_bytes(bz2.compress(XML) + bytes(512))
    found, damage = read(path, 2**20)
    assert found == PAGES
    assert [one.reason for one in damage] == ["corrupt"]


def test_a_few_bytes_that_hold_many_are_unpacked_piece_by_piece(tmp_path: Path) -> None:
    path = tmp_path / "wiki.xml.bz2"
    path.write_bytes(bz2.compress(b"<mediawiki>" + bytes(64 * 2**20)))
    assert path.stat().st_size < 1000
    tracemalloc.start()
    try:
        assert read(path, 2**20) == ([], [])
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()
