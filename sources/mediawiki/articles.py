"""Articles of a wiki with what is known about them, fifty a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from catalogs.records import Language, Origin, Passage
from sources.mediawiki.api import Wiki

_PROPS = {
    "prop": "extracts|info|pageprops|pageimages|langlinks|redirects|pageviews",
    "exintro": "1",
    "explaintext": "1",
    "exlimit": "max",
    "inprop": "url",
    "ppprop": "wikibase_item|disambiguation",
    "piprop": "name",
    "pilimit": "max",
    "lllimit": "max",
    "rdlimit": "max",
    "rdprop": "title",
    "rdnamespace": "0",
    "pvipdays": "30",
    "redirects": "1",
}


class _Title(msgspec.Struct):
    title: str


class _Link(msgspec.Struct):
    lang: str
    title: str


class _Page(msgspec.Struct):
    title: str
    missing: bool = False
    fullurl: str = ""
    lastrevid: int = 0
    extract: str = ""
    pageprops: dict[str, str] = {}
    pageimage: str = ""
    langlinks: list[_Link] = []
    redirects: list[_Title] = []
    pageviews: dict[str, int | None] = {}


class _Redirect(msgspec.Struct, rename={"source": "from", "target": "to"}):
    source: str
    target: str


class _Query(msgspec.Struct):
    pages: list[_Page] = []
    redirects: list[_Redirect] = []
    normalized: list[_Redirect] = []


class _Member(msgspec.Struct):
    ns: int
    title: str


class _Members(msgspec.Struct):
    categorymembers: list[_Member] = []


@dataclass
class Article:
    """What a wiki says of one page."""

    title: str
    url: str = ""
    revision: str = ""
    lead: str = ""
    item: str = ""
    """Wikidata item, ``Q...``."""
    is_disambiguation: bool = False
    picture: str = ""
    """Name of the page's picture, without a namespace."""
    titles: dict[Language, str] = field(default_factory=dict)
    """Title in other languages."""
    aliases: list[str] = field(default_factory=list)
    """Redirects to it."""
    views: int = 0
    """Over the last thirty days."""
    when: str = ""

    def identifiers(self, language: Language) -> dict[str, str]:
        """What others call it, for merging: as in `EntityRef.identifiers`."""
        titles = {f"{one}wiki": title for one, title in {**self.titles, language: self.title}.items()}
        return dict(sorted(titles.items())) | ({"wikidata": self.item} if self.item else {})

    def passage(self, language: Language, text: str = "", heading: str = "") -> Passage:
        """The lead, or another part of it, under the licence of Wikimedia's text since June 2023."""
        origin = Origin(
            url=self.url,
            revision=self.revision,
            licence="CC-BY-SA-4.0",
            author=f"Contributors to {self.title}",
            fetched=self.when,
        )
        text = text or self.lead
        return Passage(title=self.title, language=language, text=text, heading=heading, origin=origin)


def members(wiki: Wiki, category: str, depth: int = 0) -> list[str]:
    """Titles of the articles of a category (without its namespace), and of its subcategories to a depth.

    Sorted, so that their order says nothing of how the wiki answers."""
    found: set[str] = set()
    known = {f"Category:{category}"}
    ring = sorted(known)
    for level in range(depth + 1):
        below: set[str] = set()
        for title in ring:
            asked = {"list": "categorymembers", "cmtitle": title, "cmlimit": "500", "cmnamespace": "0|14"}
            for part, _ in wiki.pages(_Members, **asked):
                found.update(one.title for one in part.categorymembers if one.ns == 0)
                below.update(one.title for one in part.categorymembers if one.ns == 14)
        ring = sorted(below - known) if level < depth else []
        known |= below
    return sorted(found)


def articles(wiki: Wiki, titles: Sequence[str]) -> dict[str, Article]:
    """By the title that was asked for, redirects followed; titles without a page are left out.

    A property of many pages comes in several answers (``continue``; of leads, TextExtracts gives twenty an
    answer), which are put together. `titles` are one of `sources.mediawiki.api.batches`.
    """
    merged: dict[str, Article] = {}
    leads_to: dict[str, str] = {}
    for part, when in wiki.pages(_Query, titles="|".join(titles), **_PROPS):
        leads_to.update({one.source: one.target for one in (*part.normalized, *part.redirects)})
        for page in part.pages:
            if not page.missing:
                _merge(merged.setdefault(page.title, Article(page.title)), page, when)
    found = {}
    for title in titles:
        end = title
        for _ in range(3):  # normalised, then redirected; a redirect to a redirect is not followed by wikis
            end = leads_to.get(end, end)
        if end in merged:
            found[title] = merged[end]
    return found


def _merge(article: Article, page: _Page, when: str) -> None:
    article.url = page.fullurl or article.url
    article.revision = str(page.lastrevid or article.revision)
    article.lead = " ".join(page.extract.split()) or article.lead
    article.item = page.pageprops.get("wikibase_item", article.item)
    article.is_disambiguation |= "disambiguation" in page.pageprops
    article.picture = page.pageimage or article.picture
    article.titles.update({link.lang: link.title for link in page.langlinks})
    article.aliases += [one.title for one in page.redirects if one.title not in article.aliases]
    article.views += sum(count or 0 for count in page.pageviews.values())
    article.when = when
