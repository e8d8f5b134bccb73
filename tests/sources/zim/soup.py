"""An article taken apart by Beautiful Soup, slowly: what `sources.zim.page` is held to."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag

from sources.zim.page import _END_MATTER, _INTERFACE, _LEAST_SHOWN, Page, PageImage

_UNREAD = (
    "sup.reference, sup[id^=cite_ref], .mw-editsection, .noprint, .navbox, .metadata, .hatnote, "
    "script, style, [style*='display:none'], [style*='display: none']"
)


def parse(html: str) -> Page:
    """The page, slowly."""
    soup = BeautifulSoup(html, "html.parser")
    for unread in soup.select(_UNREAD):
        unread.decompose()
    infobox = soup.select_one(".infobox")
    lead, sections = _texts(soup)
    return Page(
        lead=lead,
        sections=sections,
        infobox_classes=frozenset(infobox.get_attribute_list("class")) if infobox else frozenset(),
        infobox_labels=tuple(_text(cell) for cell in infobox.select("th")) if infobox else (),
        images=tuple(_images(soup)),
        links=tuple(dict.fromkeys(str(anchor["href"]) for anchor in soup.select("a[href]"))),
    )


def _texts(soup: BeautifulSoup) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Running text by second-level heading; paragraphs in tables, figures and boxes are not running text."""
    heading, found = "", {"": list[str]()}
    for element in soup.select("p, h2"):
        if element.name == "h2":
            heading = _text(element)
            found.setdefault(heading, [])
        elif not element.find_parent(["table", "figure", "li"]) and (text := _text(element)):
            found[heading].append(text)
    lead = " ".join(found.pop(""))
    kept = [(title, " ".join(texts)) for title, texts in found.items() if title.casefold() not in _END_MATTER]
    return lead, tuple((title, text) for title, text in kept if text)


def _images(soup: BeautifulSoup) -> list[PageImage]:
    first_heading = soup.find("h2")
    after = set(map(id, first_heading.find_all_next("img"))) if first_heading else set()
    images = []
    for image in soup.select("img[src]"):
        source = str(image["src"])
        if _INTERFACE.search(source.rsplit("/", 1)[-1]) or _shown_width(image) < _LEAST_SHOWN:
            continue
        leading = id(image) not in after
        images.append(PageImage(source=source, caption=_caption(image), leading=leading))
    return images


def _shown_width(image: Tag) -> int:
    """Displayed width in pixels; pictures that state none pass."""
    width = str(image.get("width", ""))
    return int(width) if width.isdigit() else _LEAST_SHOWN


def _caption(image: Tag) -> str:
    """The words beside a picture: of its figure, thumbnail, gallery box or infobox cell; or its alt text."""
    for box in image.find_parents(["figure", "div", "li", "td"]):
        classes = set(box.get_attribute_list("class"))
        if box.name == "figure" or classes & {"thumb", "thumbinner", "gallerybox", "tsingle"}:
            words = box.select_one("figcaption, .thumbcaption, .gallerytext")
            if words is not None:
                return _text(words)
        if box.name == "td":
            return _text(box) or str(image.get("alt", ""))
    return str(image.get("alt", ""))


def _text(element: Tag) -> str:
    """The text of an element with white space made single, without the spaces that markup leaves."""
    text = " ".join(element.get_text().split())
    return re.sub(r"\s+([,.;:)])", r"\1", text)
