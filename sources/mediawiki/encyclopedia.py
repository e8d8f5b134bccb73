"""An encyclopedia of the articles of one category of a live Wikipedia."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from catalogs.categories import UNCATEGORISED
from catalogs.digests import digest, entity_id
from catalogs.records import Entity, EntityRef, Language, Name, Passage, Redirects
from sources.commons.files import CommonsFile, files, ground_truth
from sources.fetching.web import ApiError
from sources.interface import Harvested, Unusable
from sources.mediawiki.api import batches
from sources.mediawiki.articles import Article, articles, members
from sources.wikidata.classes import Category, categories, table_revision
from sources.wikidata.sites import Sites
from sources.zim.page import opening, parse

CODE_VERSION = "5"
"""Raised whenever equal answers give other entities, texts or pictures."""

_NO_ITEM = Category(UNCATEGORISED, "wikidata:no-item")


@dataclass(frozen=True)
class MediaWikiEncyclopedia:
    """Articles of a category and of its subcategories down to `depth`, sorted by title.

    Categories of entities are decided by Wikidata's classes, not by the wiki's own categories, which hold
    people beside dishes. As with `WikidataEncyclopedia`, the revision covers what was asked.
    """

    sites: Sites
    language: Language
    category: str
    depth: int = 0
    whole: bool = False
    """Whether whole articles are indexed and not their leads alone; takes a request an article."""

    @property
    def name(self) -> str:
        return "mediawiki"

    @property
    def revision(self) -> str:
        asked = (self.language, self.category, str(self.depth), str(self.whole))
        return digest("/".join((CODE_VERSION, table_revision(), *asked)))[:12]

    @property
    def languages(self) -> tuple[Language, ...]:
        return (self.language,)

    def survey(self) -> Iterator[EntityRef]:
        decided = _categories(self)
        for title, article in self._listed():
            yield EntityRef(
                entity_id=entity_id(self._canonical_name(article)),
                domain=decided.get(article.item, _NO_ITEM).domain,
                title=article.title,
                locator=title,
                identifiers=article.identifiers(self.language),
                languages=[self.language] if article.lead else [],
                page_views=article.views,
            )

    def _listed(self) -> Iterator[tuple[str, Article]]:
        """Every article once, with the title that the category lists it by: that may list redirects, too."""
        known: set[str] = set()
        for number, batch in enumerate(_batches(self)):
            for title in batch:
                article = _articles(self, number).get(title)
                if article and article.title not in known:
                    known.add(article.title)
                    yield title, article

    def harvest(self, ref: EntityRef) -> Harvested:
        number = _places(self).get(ref.locator)
        article = None if number is None else _articles(self, number).get(ref.locator)
        if article is None or number is None:
            raise Unusable("not-in-wiki", f"there is no article {ref.locator!r} any more")
        if article.is_disambiguation:
            raise Unusable("disambiguation", f"{article.title!r} lists things of one name")
        category = _categories(self).get(article.item, _NO_ITEM)
        file = _files(self, number).get(article.picture)
        name = Name(
            language=self.language, title=article.title, noun=article.title, aliases=sorted(article.aliases)
        )
        lead = self._lead(article)
        redirects = sorted(article.aliases)
        return Harvested(
            entity=Entity(
                entity_id=ref.entity_id,
                title=article.title,
                domain=category.domain,
                category_rule=category.rule,
                category_conflicts=list(category.conflicts),
                names=[name],
                articles=[article.passage(self.language, lead)] if lead else [],
                identifiers=article.identifiers(self.language),
                page_views=article.views,
                redirects=[Redirects(language=self.language, titles=redirects)] if redirects else [],
            ),
            pictures=(ground_truth(self.sites.web, file),) if file else (),
        )

    def documents(self, language: Language) -> Iterator[Passage]:
        if language != self.language:
            return
        for _, article in self._listed():
            if not article.is_disambiguation:
                yield from self._parts(article)

    def _parts(self, article: Article) -> Iterator[Passage]:
        if not self.whole:
            if lead := self._lead(article):
                yield article.passage(self.language, lead)
            return
        page = parse(self._html(article))
        for heading, text in (("", page.lead), *page.sections):
            if text:
                yield article.passage(self.language, text, heading)

    def _lead(self, article: Article) -> str:
        """As TextExtracts gives it, else out of the article: few wikis outside of Wikimedia have that."""
        return article.lead or parse(opening(self._html(article))).lead

    def _html(self, article: Article) -> str:
        """Empty where the wiki has no such page any more, or no REST API."""
        try:
            return self.sites.wiki(self.language).html(article.title)[0]
        except ApiError as error:
            if error.kind in ("not-found", "forbidden"):
                return ""
            raise

    def _canonical_name(self, article: Article) -> str:
        """The English title where there is one, as the other sources over Wikipedia have it."""
        english = article.title if self.language == "en" else article.titles.get("en")
        return f"wikipedia:en:{english}" if english else f"wikipedia:{self.language}:{article.title}"


@lru_cache(maxsize=4)
def _batches(source: MediaWikiEncyclopedia) -> tuple[tuple[str, ...], ...]:
    wiki = source.sites.wiki(source.language)
    return tuple(batches(members(wiki, source.category, source.depth)))


@lru_cache(maxsize=4)
def _places(source: MediaWikiEncyclopedia) -> dict[str, int]:
    return {title: number for number, batch in enumerate(_batches(source)) for title in batch}


@lru_cache(maxsize=256)
def _articles(source: MediaWikiEncyclopedia, number: int) -> dict[str, Article]:
    return articles(source.sites.wiki(source.language), _batches(source)[number])


@lru_cache(maxsize=4)
def _categories(source: MediaWikiEncyclopedia) -> dict[str, Category]:
    pages = (page for number in range(len(_batches(source))) for page in _articles(source, number).values())
    return categories(source.sites.service(), sorted({page.item for page in pages if page.item}))


@lru_cache(maxsize=64)
def _files(source: MediaWikiEncyclopedia, number: int) -> dict[str, CommonsFile]:
    """Pictures that lie on Commons; those of the wiki itself are mostly under fair use, and left out."""
    names = sorted({page.picture for page in _articles(source, number).values() if page.picture})
    return files(source.sites.web, names, source.sites.commons)
