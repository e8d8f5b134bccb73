"""Which files a path names, what each is by its content, and a digest that names them all.

dump.xml, dump.xml.bz2, dump-multistream.xml.bz2    a MediaWiki XML export
NAME-ENTERPRISE-HTML.json.tar.gz                    pages as HTML, one JSON document a line
a folder                                            all that lie in it: parts of one wiki, or several wikis
"""

from __future__ import annotations

import bz2
import gzip
import re
from pathlib import Path

import msgspec

from catalogs.digests import digest
from sources.dumps.enterprise_html import site_of_documents
from sources.dumps.site import Site, read_site
from sources.errors import DumpMissingError, NotADumpError

XML, BZ2, HTML = "xml", "bz2", "html"

_HEAD = 64 * 1024
"""Bytes in which ``siteinfo`` stands: that of a wiki with 30 namespaces has 2 kB."""
_WHOLE = 64 * 2**20
"""Files up to this size are hashed whole; larger ones by their length and `_SAMPLES` blocks spread over
them."""
_SAMPLES, _BLOCK = 64, 16 * 1024
_NAMED = re.compile(r"\.(xml|xml-p\d+p\d+|xml\.bz2|xml-p\d+p\d+\.bz2|tar\.gz)$")
_DATE = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)")


class DumpFile(msgspec.Struct, frozen=True):
    """One file of a dump. `form` is ``xml``, ``bz2`` or ``html``."""

    path: str
    form: str
    site: Site


def dump_files(path: Path) -> list[DumpFile]:
    """The files that a path names, by name. Raises `DumpMissingError`, `NotADumpError`."""
    if path.is_dir():
        names = sorted(one for one in path.iterdir() if _NAMED.search(one.name) and "-index" not in one.name)
        if not names:
            raise DumpMissingError(
                f"{path} holds no dump: files are named as in ruwiki-20260101-pages-articles.xml.bz2"
            )
        return [_recognised(name) for name in names]
    if not path.is_file():
        raise DumpMissingError(
            f"{path}: no such file; give a dump, e.g. of dumps.wikimedia.org, or a folder with some"
        )
    return [_recognised(path)]


def content_of(files: list[DumpFile]) -> str:
    """A digest of the content, not of the place. A flipped byte in the middle of a large file is not seen."""
    return digest("/".join(f"{file.form}:{_digest_of(Path(file.path))}" for file in files))


def _digest_of(path: Path) -> str:
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= _WHOLE:
            return digest(file.read())
        parts = [str(size)]
        for number in range(_SAMPLES):
            file.seek((size - _BLOCK) * number // (_SAMPLES - 1))
            parts.append(digest(file.read(_BLOCK)))
    return digest("/".join(parts))


def _recognised(path: Path) -> DumpFile:
    date = "-".join(found.groups()) if (found := _DATE.search(path.name)) else ""
    with path.open("rb") as file:
        start = file.read(_HEAD)
    if start.startswith(b"BZh"):
        with path.open("rb") as file:
            head = _decoded(file.read(2**20))
        form = BZ2
    elif start.startswith(b"\x1f\x8b"):
        return DumpFile(str(path), HTML, _html_site(path, date))
    else:
        head, form = start, XML
    if b"<mediawiki" not in head[:_HEAD]:
        raise NotADumpError(
            f"{path} is no dump of a wiki: it begins with {head[:30]!r}; XML exports (plain or bz2) "
            "and Enterprise HTML (tar.gz) can be read"
        )
    return DumpFile(str(path), form, read_site(head[:_HEAD], date))


def _decoded(start: bytes) -> bytes:
    try:
        return bz2.BZ2Decompressor().decompress(start, _HEAD)
    except OSError:
        return b""


def _html_site(path: Path, date: str) -> Site:
    try:
        site = site_of_documents(path)
    except (OSError, EOFError, gzip.BadGzipFile):
        site = None
    if site is None:
        raise NotADumpError(
            f"{path} holds no JSON documents of a wiki: Enterprise HTML is a tar.gz with NDJSON"
        )
    return msgspec.structs.replace(site, date=date or site.date)
