"""Wikimedia Enterprise HTML dumps: a tar.gz of files with one JSON document a line, each a page as HTML.

Field names are those of the Enterprise API's data dictionary. The HTML is taken apart by the parser of the
ZIM source: both are what MediaWiki's own parser writes.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from sources.dumps.article import ARTICLE, DISAMBIGUATION, LIST, Article, PageImage, file_name, is_list
from sources.dumps.site import Site
from sources.zim.page import parse

_LONGEST_LINE = 64 * 2**20
"""Bytes of one document; the longest pages render to a few MB."""
_CHUNK = 2**20


class _Named(msgspec.Struct):
    name: str = ""
    identifier: str | int = ""
    url: str = ""


class _Version(msgspec.Struct):
    identifier: int = 0


class _Body(msgspec.Struct):
    html: str = ""


class Document(msgspec.Struct):
    """One line of a dump, the parts that are read."""

    name: str
    identifier: int
    url: str = ""
    date_modified: str = ""
    version: _Version = msgspec.field(default_factory=_Version)
    namespace: _Named = msgspec.field(default_factory=lambda: _Named(identifier=0))
    in_language: _Named = msgspec.field(default_factory=_Named)
    is_part_of: _Named = msgspec.field(default_factory=_Named)
    main_entity: _Named = msgspec.field(default_factory=_Named)
    categories: list[_Named] = []
    redirects: list[_Named] = []
    license: list[_Named] = []
    article_body: _Body = msgspec.field(default_factory=_Body)
    image: dict[str, Any] = {}


class BadDocumentError(Exception):
    """A line that is no document of a page."""


def lines_of(path: Path) -> Iterator[bytes]:
    """All documents of an archive, as they are; raises `OSError` or `EOFError` where it is damaged.

    Unpacked by `gzip`, because `tarfile` stops at the end of the first of several gzip members.
    """
    try:
        with gzip.open(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r|") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                while content and (line := content.readline(_LONGEST_LINE)):
                    if line.strip():
                        yield line
            while unpacked.read(_CHUNK):
                pass  # to its checksum, which tells whether what was read is what was written
    except (tarfile.TarError, zlib.error) as problem:
        raise OSError(str(problem)) from problem


def read_document(line: bytes) -> Document:
    try:
        return msgspec.json.decode(line, type=Document)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise BadDocumentError(f"a line is no document of a page ({problem})") from None


def article_of(document: Document) -> Article:
    """The page of a document, taken apart."""
    page = parse(document.article_body.html)
    images = tuple(
        PageImage(_file_of(image.source), image.caption, image.leading)
        for image in page.images
        if image.source
    )
    lead_image = str(document.image.get("content_url", ""))
    if lead_image and all(image.file != _file_of(lead_image) for image in images):
        images = (PageImage(_file_of(lead_image), "", leading=True), *images)
    is_mark = any("disambiguation" in one.name.casefold() for one in document.categories)
    return Article(
        kind=DISAMBIGUATION if is_mark else LIST if is_list(document.name) else ARTICLE,
        lead=page.lead,
        sections=page.sections,
        infobox="infobox" if page.infobox_labels or page.infobox_classes else "",
        fields={label.casefold(): label for label in page.infobox_labels if label},
        images=images,
        categories=tuple(one.name.partition(":")[2] or one.name for one in document.categories),
        links=tuple(dict.fromkeys(_title_of(link) for link in page.links if link.startswith("./"))),
        item=str(document.main_entity.identifier),
    )


def site_of_documents(path: Path) -> Site | None:
    """The wiki of an archive, from its first document; None where that is none."""
    line = next(lines_of(path), b"")
    try:
        first = read_document(line)
    except BadDocumentError:
        return None
    parts = urlsplit(first.url)
    return Site(
        name=first.is_part_of.name or str(first.is_part_of.identifier),
        dbname=str(first.is_part_of.identifier),
        base=f"{parts.scheme}://{parts.netloc}/wiki/" if parts.netloc else "",
        language=str(first.in_language.identifier) or "en",
    )


def _file_of(source: str) -> str:
    """``.../thumb/a/ab/Tiger.jpg/250px-Tiger.jpg`` and ``.../a/ab/Tiger.jpg`` are ``Tiger.jpg``."""
    parts = unquote(urlsplit(source).path).split("/")
    return file_name(parts[-2] if "thumb" in parts and len(parts) > 1 else parts[-1])


def _title_of(link: str) -> str:
    return unquote(link.removeprefix("./").partition("#")[0]).replace("_", " ")
