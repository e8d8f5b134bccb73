"""Pages out of XML exports, also out of broken ones."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.dumps.export_xml import BadPageError, ExportPage, parse_page, split_pages
from sources.dumps.site import read_site

PAGE = """<page><title>A &amp; B</title><ns>0</ns><id>7</id><redirect title="C"/>
<revision><id>1</id>
<timestamp>2020-01-01T00:00:00Z</timestamp><model>wikitext</model>
<text xml:space="preserve">old</text></revision>
<revision><id>2</id><timestamp>2026-01-01T00:00:00Z</timestamp><origin>2</origin><model>wikitext</model>
<text bytes="3" sha1="x" xml:space="preserve">new &lt;b&gt;</text></revision></page>"""


def pages(*chunks: bytes) -> list[ExportPage | BadPageError]:
    return [one if isinstance(one, BadPageError) else parse_page(one) for one in split_pages(chunks)]


def test_the_last_revision_of_a_page() -> None:
    (page,) = pages(PAGE.encode())
    assert page == ExportPage(7, "A & B", 0, "C", "2", "2026-01-01T00:00:00Z", "wikitext", "new <b>")


@given(st.lists(st.integers(1, 2000), max_size=30))
def test_where_the_bytes_are_cut_changes_nothing(cuts: list[int]) -> None:
    whole = b"<mediawiki>" + PAGE.encode() * 3 + b"</mediawiki>"
    edges = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    chunks = [whole[start:end] for start, end in pairwise(edges)]
    assert pages(*chunks) == pages(whole)


def test_characters_that_xml_does_not_allow_are_left_out() -> None:
    (page,) = pages(PAGE.replace("new", "n\x00e\x08w&#0;&#x1F;").encode().replace(b"n\x00", b"n\x00\xff"))
    assert isinstance(page, ExportPage)
    assert page.text == "n\ufffdew <b>"


def test_a_broken_page_costs_only_itself() -> None:
    broken = PAGE.replace("</revision></page>", "</page>")
    first, *rest = split_pages([(broken + PAGE).encode()])
    assert isinstance(first, bytes)
    with pytest.raises(BadPageError, match="not well-formed"):
        parse_page(first)
    assert [parse_page(one).page_id for one in rest if isinstance(one, bytes)] == [7]


def test_a_page_whose_end_was_lost_is_told() -> None:
    found = pages((PAGE[:-60] + PAGE + PAGE[:50]).encode())
    assert [type(one).__name__ for one in found] == ["BadPageError", "ExportPage", "BadPageError"]


def test_a_page_that_is_too_large_is_passed_over() -> None:
    large = PAGE.replace("new", "x" * 5000).encode()
    found = [
        type(one).__name__ for one in split_pages([large[:3000], large[3000:], PAGE.encode()], most=2000)
    ]
    assert found == ["BadPageError", "bytes"]


def test_entity_bombs_have_nothing_to_go_off_with() -> None:
    bomb = '<!DOCTYPE mediawiki [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    found = list(split_pages([f"<mediawiki>{bomb}{PAGE.replace('new', '&b;')}".encode()]))
    with pytest.raises(BadPageError):
        parse_page(found[0])  # type: ignore[arg-type]
    assert read_site(f"{bomb}<siteinfo><sitename>&b;</sitename></siteinfo>".encode()).name == ""


def test_a_real_export(tiny: Path) -> None:
    data = tiny.read_bytes()
    site = read_site(data[:5000])
    assert (site.language, site.dbname, site.namespaces[1]) == ("ltg", "tmp-wp", "Sprīža")
    assert site.page_url("Daugpiļs", "A b") == "https://ltg.wikipedia.org/wiki/Daugpi%C4%BCs#A_b"
    assert [page.title for page in pages(data)][-3:] == ["Redirect page", "Disambiguation page", "Bodmin"]
