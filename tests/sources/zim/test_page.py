"""An article taken apart as a reader would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sources.zim.page import opening, parse
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
