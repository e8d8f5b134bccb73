"""Pages of a MediaWiki XML export (schemas 0.10 and 0.11), one at a time, whatever surrounds them.

The bytes are cut at ``<page>`` and ``</page>``, which text cannot hold unescaped, and each page is parsed for
itself. So memory is that of one page, a page that is no XML costs only itself, and no document type can be
declared: entity bombs have nothing to go off with. An export with all revisions gives the last one of a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree

import msgspec

MOST_PAGE_BYTES = 64 * 2**20
"""A page of one revision has at most 2 MiB of text ($wgMaxArticleSize), six times that when escaped."""

PAGE, PAGE_END = b"<page>", b"</page>"
_NS_WITHIN = 4096
"""Bytes of a page in which its namespace stands: after a title of at most 255 bytes, escaped."""
_CONTROL = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcef]|1[0-9a-f]));", re.I
)
"""Characters and references that XML 1.0 does not allow (section 2.2)."""


class ExportPage(msgspec.Struct, frozen=True):
    """One page as it stands in the dump. `redirect` is the title that it leads to, empty for others."""

    page_id: int
    title: str
    namespace: int
    redirect: str
    revision: str
    timestamp: str
    model: str
    text: str


class BadPageError(Exception):
    """A page that cannot be read; the message says why, in words."""


def split_pages(chunks: Iterable[bytes], most: int = MOST_PAGE_BYTES) -> Iterator[bytes | BadPageError]:
    """Each ``<page>...</page>``; a page of more than `most` bytes, or without end, is passed over, and
    told."""
    buffer = bytearray()
    at = 0
    """Where the page that is being read begins, or where to look for the next."""
    inside, looked = False, 0
    for chunk in chunks:
        if at > 2**20:
            del buffer[:at]
            looked -= at
            at = 0
        buffer += chunk
        while True:
            if not inside:
                start = buffer.find(PAGE, at)
                if start < 0:
                    at = max(at, len(buffer) - len(PAGE) + 1)
                    break
                at, inside, looked = start, True, start + len(PAGE)
            end = buffer.find(PAGE_END, looked)
            if end >= 0:
                again = buffer.rfind(PAGE, at, end)
                if again > at:  # what was lost between them was the end of the one and more
                    yield BadPageError("a page has no end")
                yield bytes(buffer[max(at, again) : end + len(PAGE_END)])
                at, inside = end + len(PAGE_END), False
                continue
            looked = max(looked, len(buffer) - len(PAGE_END) + 1)
            if len(buffer) - at > most:
                yield BadPageError(f"a page has more than {most:,} bytes")
                at, inside = looked, False
            break
    if inside:
        yield BadPageError("the last page has no end")


def is_article(page: bytes) -> bool:
    """Whether a page says that it is of namespace 0, without parsing it."""
    return page.find(b"<ns>0</ns>", 0, _NS_WITHIN) >= 0


def parse_page(page: bytes) -> ExportPage:
    """One page; raises `BadPageError`. Characters that XML does not allow are left out."""
    try:
        root = ElementTree.fromstring(page)
    except (ElementTree.ParseError, ValueError):
        root = _repaired(page)
    revisions = root.findall("revision")
    last = revisions[-1] if revisions else ElementTree.Element("revision")
    target = root.find("redirect")
    number = root.findtext("id", "0").strip()
    space = root.findtext("ns", "0").strip()
    if not number.isdecimal() or not space.lstrip("-").isdecimal():
        raise BadPageError(f"the page {root.findtext('title', '')!r} has no number")
    return ExportPage(
        page_id=int(number),
        title=root.findtext("title", "").strip(),
        namespace=int(space),
        redirect=target.get("title", "") if target is not None else "",
        revision=last.findtext("id", "").strip(),
        timestamp=last.findtext("timestamp", "").strip(),
        model=last.findtext("model", "wikitext").strip(),
        text=last.findtext("text") or "",
    )


def _repaired(page: bytes) -> ElementTree.Element:
    clean = _CONTROL.sub(b"", page.decode("utf-8", "replace").encode())
    try:
        return ElementTree.fromstring(clean)
    except (ElementTree.ParseError, ValueError) as problem:
        raise BadPageError(f"a page is not well-formed XML ({problem})") from None
