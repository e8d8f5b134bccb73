"""One article of an archive, taken apart: lead, sections, infobox, pictures with their captions, links."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sources.zim.html import Attributes, Element, Tree

_UNREAD = frozenset({"mw-editsection", "noprint", "navbox", "metadata", "hatnote"})
"""Classes of what readers skip: edit links, navigation, boxes of maintenance. Footnote marks are skipped too,
and what is not displayed, such as sort keys."""
_NO_RUNNING_TEXT = frozenset({"table", "figure", "li"})
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
    tree = Tree(html, _is_unread)
    heading, found = "", {"": list[str]()}
    infobox: Element | None = None
    images: list[PageImage] = []
    links: dict[str, None] = {}
    captions = _Captions(tree)
    is_leading = True
    for element in tree.elements:
        name, attributes = element.name, element.attributes
        if name == "a" and "href" in attributes:
            links[attributes["href"]] = None
        elif name == "p":
            if not element.is_within(_NO_RUNNING_TEXT) and (text := _text(tree, element)):
                found[heading].append(text)
        elif name == "h2":
            is_leading = False
            heading = _text(tree, element)
            found.setdefault(heading, [])
        elif name == "img" and "src" in attributes and not _is_decoration(attributes):
            images.append(PageImage(attributes["src"], captions.of(element), is_leading))
        if infobox is None and "infobox" in element.classes:
            infobox = element
    lead = " ".join(found.pop(""))
    kept = [(title, " ".join(texts)) for title, texts in found.items() if title.casefold() not in _END_MATTER]
    cells = [cell for cell in tree.inside(infobox) if cell.name == "th"] if infobox else []
    return Page(
        lead=lead,
        sections=tuple((title, text) for title, text in kept if text),
        infobox_classes=frozenset(infobox.classes) if infobox else frozenset(),
        infobox_labels=tuple(_text(tree, cell) for cell in cells),
        images=tuple(images),
        links=tuple(links),
    )


def _is_unread(name: str, attributes: Attributes) -> bool:
    classes = attributes.get("class", "").split()
    if not _UNREAD.isdisjoint(classes):
        return True
    if name == "sup" and ("reference" in classes or attributes.get("id", "").startswith("cite_ref")):
        return True
    style = attributes.get("style", "")
    return "display:none" in style or "display: none" in style


def _is_decoration(attributes: Attributes) -> bool:
    """By its file name, or its displayed width; pictures that state none pass."""
    width = attributes.get("width", "")
    shown = int(width) if width.isdecimal() else _LEAST_SHOWN
    return shown < _LEAST_SHOWN or _INTERFACE.search(attributes["src"].rsplit("/", 1)[-1]) is not None


class _Captions:
    """The words beside a picture: of its figure, thumbnail, gallery box or infobox cell; or its alt text.

    Those of a box are looked for once, however many pictures stand in it.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: dict[int, str | None] = {}

    def of(self, image: Element) -> str:
        box = image.parent
        while box is not None:
            if box.place not in self._known:
                self._known[box.place] = self._beside(box)
            words = self._known[box.place]
            if words is not None:
                return words or (image.attributes.get("alt", "") if box.name == "td" else "")
            box = box.parent
        return image.attributes.get("alt", "")

    def _beside(self, box: Element) -> str | None:
        """None where the box tells nothing of its pictures."""
        if box.name == "figure" or (box.name in _BOX_NAMES and not _BOXES.isdisjoint(box.classes)):
            for inner in self._tree.inside(box):
                if inner.name == "figcaption" or not _CAPTIONS.isdisjoint(inner.classes):
                    return _text(self._tree, inner)
        return _text(self._tree, box) if box.name == "td" else None


def _text(tree: Tree, element: Element) -> str:
    """The text of an element with white space made single, without the spaces that markup leaves."""
    text = " ".join(tree.text(element).split())
    return re.sub(r"\s+([,.;:)])", r"\1", text)
