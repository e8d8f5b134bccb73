"""The wiki that a dump was made of: what its ``siteinfo`` says, and the terms of its text."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import msgspec

from catalogs.records import Origin
from sources.dumps.words import words

FILE, CATEGORY = 6, 14
"""Numbers of namespaces, the same in every wiki (mediawiki.org, "Help:Namespaces")."""

_WIKIMEDIA = (
    ".wikipedia.org", ".wiktionary.org", ".wikivoyage.org", ".wikibooks.org", ".wikiquote.org",
    ".wikisource.org", ".wikiversity.org", ".wikimedia.org", ".mediawiki.org",
)  # fmt: skip
_RELICENSED = "2023-06-07"
"""When the Wikimedia terms of use moved text from CC BY-SA 3.0 to 4.0."""


class Site(msgspec.Struct, frozen=True):
    """A wiki. `language` is that of its text; `code` the first label of its host, which ids are made from."""

    name: str = ""
    dbname: str = ""
    base: str = ""
    """Address of the main page."""
    language: str = "en"
    namespaces: dict[int, str] = {}
    date: str = ""
    """ISO 8601 day of the dump; empty where neither its name nor its pages tell."""

    @property
    def host(self) -> str:
        return urlsplit(self.base).hostname or ""

    @property
    def code(self) -> str:
        return self.host.split(".")[0] or self.language

    @property
    def edition(self) -> str:
        """What tells the wikis of one folder apart: `code` of Wikipedias, of which other projects have their
        own."""
        return self.code if self.is_wikipedia else self.identifier or self.code

    @property
    def identifier(self) -> str:
        """What Wikimedia calls the wiki: ``enwiki``."""
        return f"{self.code}wiki" if self.is_wikipedia else self.dbname or self.host

    @property
    def is_wikipedia(self) -> bool:
        return self.host.endswith(".wikipedia.org")

    def prefixes(self, number: int) -> frozenset[str]:
        """Names of a namespace (`FILE` or `CATEGORY`) in lower case: the wiki's own and the usual ones."""
        return _prefixes(number, self.namespaces.get(number, "").casefold())

    def canonical_name(self, title: str) -> str:
        """What an entity id is made from: the same for an article of Wikipedia in every source."""
        return f"{'wikipedia' if self.is_wikipedia else self.dbname or self.host}:{self.code}:{title}"

    def page_url(self, title: str, section: str = "") -> str:
        anchor = f"#{quote(section.replace(' ', '_'))}" if section else ""
        return f"{self.base.rpartition('/')[0]}/{quote(title.replace(' ', '_'), safe=':/')}{anchor}"

    @property
    def licence(self) -> str:
        """Of the text: known for Wikimedia's wikis, else empty."""
        if f".{self.host}".endswith(_WIKIMEDIA):
            return "CC-BY-SA-4.0" if self.date >= _RELICENSED else "CC-BY-SA-3.0"
        return ""

    def text_origin(self, title: str, revision: str, section: str = "") -> Origin:
        by = "Wikipedia" if self.is_wikipedia else self.name
        return Origin(
            url=self.page_url(title, section),
            revision=revision,
            licence=self.licence,
            author=f"{by} contributors" if by else "",
            fetched=self.date,
        )


@lru_cache(maxsize=64)
def _prefixes(number: int, own: str) -> frozenset[str]:
    common = words().file if number == FILE else words().category
    return common | ({own} if own else frozenset())


def read_site(head: bytes, date: str = "") -> Site:
    """The site of a dump from its first bytes. What they do not say stays empty; never an error.

    Nothing but the element ``siteinfo`` is parsed, so that no document type and no entity is ever declared.
    """
    start, end = head.find(b"<siteinfo"), head.find(b"</siteinfo>")
    try:
        info = ElementTree.fromstring(
            head[start : end + len(b"</siteinfo>")] if 0 <= start < end else b"<none/>"
        )
    except ElementTree.ParseError:
        info = ElementTree.Element("none")
    spaces = {space.get("key", ""): space.text or "" for space in info.iter("namespace")}
    return Site(
        name=info.findtext("sitename", ""),
        dbname=info.findtext("dbname", ""),
        base=info.findtext("base", ""),
        language=_language(head[: start if start > 0 else 2000]),
        namespaces={int(key): name for key, name in spaces.items() if key.lstrip("-").isdigit()},
        date=date,
    )


def _language(opening: bytes) -> str:
    """``xml:lang`` of the root, without a script or region: ``zh-Hans`` is ``zh``."""
    _, _, rest = opening.partition(b'xml:lang="')
    code = rest.partition(b'"')[0].decode("ascii", "replace").lower() if rest else ""
    return code.split("-")[0] or "en"
