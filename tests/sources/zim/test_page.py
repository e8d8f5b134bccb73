"""An article taken apart as a reader would."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.zim.archive import open_archive
from sources.zim.page import opening, parse
from tests.sources.zim import soup
from tests.sources.zim.conftest import HTML


def test_the_lead_is_running_text_without_footnotes() -> None:
    assert parse(HTML).lead == "Crêpe is a thin dish of batter, see pancake."


def test_sections_are_kept_and_end_matter_is_not() -> None:
    assert parse(HTML).sections == (("Making", "It is baked on one side."),)


def test_pictures_have_their_captions_and_decoration_is_passed_over() -> None:
    images = parse(HTML).images
    assert [(image.caption, image.leading) for image in images] == [
        ("A plain crêpe", True),
        ("A pan for crêpes", False),
    ]


def test_infobox_and_links() -> None:
    page = parse(HTML)
    assert "hrecipe" in page.infobox_classes
    assert page.infobox_labels == ("Crêpe",)
    assert page.links == ("Pancake",)


def test_the_opening_has_the_same_lead_and_infobox_as_the_whole() -> None:
    start, whole = parse(opening(HTML)), parse(HTML)
    assert (start.lead, start.infobox_classes) == (whole.lead, whole.infobox_classes)
    assert start.sections == ()


@given(st.text(alphabet="<>/abp h2imgsrc='\"=\n&;", max_size=120))
def test_no_markup_makes_it_fail(html: str) -> None:
    parse(html)
    parse(opening(html))


def test_articles_of_wikipedia_are_read_as_beautiful_soup_reads_them(old_archive: Path) -> None:
    archive = open_archive(str(old_archive))
    for article in list(archive.articles())[::12]:
        html = archive.read(article.path).decode()
        assert parse(html) == soup.parse(html), article.path


def test_what_is_in_scripts_styles_and_comments_is_no_text() -> None:
    html = "<p>a<script>if (a</b) '</p>'</script><STYLE>p{}</Style><!-- <p> -->b</p><p>c<script>unclosed</p>"
    assert parse(html).lead == "ab c"


def test_a_page_that_breaks_off_is_read_up_to_there() -> None:
    assert parse("<p>a</p><p>b<a href='x>y</p>").lead.startswith("a b")
    assert parse("<p>a</p><p>b<a href").lead.startswith("a b")
    assert parse("").lead == parse("<!-- nothing -->").lead == ""


def test_signs_that_no_page_should_hold_end_nothing() -> None:
    assert parse("<?xml version='1.0' encoding='ascii'?><p>a\0b</p><p>\ud800 é</p>").lead == "ab ? é"


@pytest.mark.parametrize(
    "unit", ["<p>", '<a "x"', "<a x='", "<!--", "</p", "<td><p>x", "<div class=thumb><img src=a>", "&amp"]
)
def test_no_page_is_too_deep(unit: str) -> None:
    parse(unit * 3_000)
