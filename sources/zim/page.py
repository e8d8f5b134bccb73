"""One article of an archive, taken apart: lead, sections, infobox, pictures with their captions, links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_UNREAD = frozenset({"mw-editsection", "noprint", "navbox", "metadata", "hatnote"})
"""Classes of what readers skip: edit links, navigation, boxes of maintenance. Footnote marks are skipped too,
and what is not displayed, such as sort keys."""
_SILENT = frozenset({"script", "style", "template", "rt", "rp"})
"""Elements whose text is not part of what stands around them: code, and readings of signs."""
_NO_RUNNING_TEXT = ("table", "figure", "li")
_BOXES = frozenset({"thumb", "thumbinner", "gallerybox", "tsingle"})
_BOX_NAMES = frozenset({"div", "li", "td"})
_CAPTIONS = frozenset({"thumbcaption", "gallerytext"})
_END_MATTER = frozenset(
    {"references", "notes", "external links", "see also", "further reading", "sources", "contents"}
)
_INTERFACE = re.compile(
    r"\.svg|logo|icon|flag[_ ]of|symbol|loudspeaker|openclipart|ambox|question[_ ]book|padlock|folder[_ ]"
    r"|disambig|edit-clear|magnify|increase|decrease|star[_ ](full|empty|half)|\.ogg|spacer",
    re.I,
)
"""File names of decoration. Every SVG counts: on Wikipedia these are flags, logos, diagrams and maps."""
_LEAST_SHOWN = 60
"""Pixels of displayed width below which a picture is decoration (flags and marks of 2015 have 11..50)."""


@dataclass(frozen=True)
class PageImage:
    """One picture as it stands in an article. `leading` means before the first heading, infobox included."""

    source: str
    caption: str
    leading: bool


@dataclass(frozen=True)
class Page:
    """What an article says and shows."""

    lead: str
    sections: tuple[tuple[str, str], ...]
    """(heading, text) of sections with running text, end matter left out."""
    infobox_classes: frozenset[str]
    infobox_labels: tuple[str, ...]
    images: tuple[PageImage, ...]
    links: tuple[str, ...]


def opening(html: str) -> str:
    """The part before the first second-level heading: infobox and lead, a tenth of the whole."""
    return re.split(r"<h2\b", html, maxsplit=1)[0]


def parse(html: str) -> Page:
    """Take an article apart. Broken HTML gives what can be read of it, never an error."""
    heading, found = "", {"": list[str]()}
    infobox: HtmlElement | None = None
    images: list[PageImage] = []
    links: dict[str, None] = {}
    is_leading = True
    elements = _read(html)
    captions = _Captions(elements)
    for element in elements:
        name = element.tag
        if name == "a" and (target := element.get("href")) is not None:
            links[target] = None
        elif name == "p":
            if next(element.iterancestors(_NO_RUNNING_TEXT), None) is None and (text := _text(element)):
                found[heading].append(text)
        elif name == "h2":
            is_leading = False
            heading = _text(element)
            found.setdefault(heading, [])
        elif name == "img" and (source := element.get("src")) is not None and not _is_decoration(element):
            images.append(PageImage(source, captions.of(element), is_leading))
        if infobox is None and "infobox" in _classes(element):
            infobox = element
    lead = " ".join(found.pop(""))
    kept = [(title, " ".join(texts)) for title, texts in found.items() if title.casefold() not in _END_MATTER]
    return Page(
        lead=lead,
        sections=tuple((title, text) for title, text in kept if text),
        infobox_classes=frozenset() if infobox is None else frozenset(_classes(infobox)),
        infobox_labels=() if infobox is None else tuple(_text(cell) for cell in infobox.iter("th")),
        images=tuple(images),
        links=tuple(links),
    )


def _read(html: str) -> list[HtmlElement]:
    """The elements that readers see, in their order; none where there is no markup and no text at all."""
    from lxml.etree import ParserError
    from lxml.html import HTMLParser, document_fromstring

    # As bytes: a string that declares an encoding, as XHTML does, is refused. A NUL would end the page.
    page = html.replace("\0", "").encode("utf-8", "replace")
    try:
        root = document_fromstring(page, HTMLParser(encoding="utf-8", huge_tree=True))
    except ParserError:
        return []
    unread = [element for element in root.iter("*") if _is_unread(element)]
    for element in unread:
        if element.getparent() is not None:
            element.drop_tree()
    return list(root.iter("*"))


def _classes(element: HtmlElement) -> list[str]:
    return str(element.get("class", "")).split()


def _is_unread(element: HtmlElement) -> bool:
    classes = _classes(element)
    if element.tag in _SILENT or not _UNREAD.isdisjoint(classes):
        return True
    if element.tag == "sup" and ("reference" in classes or element.get("id", "").startswith("cite_ref")):
        return True
    style = element.get("style", "")
    return "display:none" in style or "display: none" in style


def _is_decoration(image: HtmlElement) -> bool:
    """By its file name, or its displayed width; pictures that state none pass."""
    width = image.get("width", "")
    shown = int(width) if width.isdecimal() else _LEAST_SHOWN
    return shown < _LEAST_SHOWN or _INTERFACE.search(image.get("src").rsplit("/", 1)[-1]) is not None


class _Captions:
    """The words beside a picture: of its figure, thumbnail, gallery box or infobox cell; or its alt text.

    Those of a box are looked for once, however many pictures or boxes stand in it.
    """

    def __init__(self, elements: Sequence[HtmlElement]) -> None:
        self._first: dict[HtmlElement, HtmlElement] = {}
        self._known: dict[HtmlElement, str | None] = {}
        for element in elements:
            if element.tag == "figcaption" or not _CAPTIONS.isdisjoint(_classes(element)):
                for outer in element.iterancestors():
                    if outer in self._first:
                        break  # and so have all around it
                    self._first[outer] = element

    def of(self, image: HtmlElement) -> str:
        for box in image.iterancestors():
            if box not in self._known:
                self._known[box] = self._beside(box)
            words = self._known[box]
            if words is not None:
                return words or (image.get("alt", "") if box.tag == "td" else "")
        return str(image.get("alt", ""))

    def _beside(self, box: HtmlElement) -> str | None:
        """None where the box tells nothing of its pictures."""
        is_framed = box.tag == "figure" or (box.tag in _BOX_NAMES and not _BOXES.isdisjoint(_classes(box)))
        if is_framed and box in self._first:
            return _text(self._first[box])
        return _text(box) if box.tag == "td" else None


def _text(element: HtmlElement) -> str:
    """The text of an element with white space made single, without the spaces that markup leaves."""
    text = " ".join(element.text_content().split())
    return re.sub(r"\s+([,.;:)])", r"\1", text)
