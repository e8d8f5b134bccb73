"""An encyclopedia of the items of some classes of Wikidata; texts are Wikipedia's, pictures of Commons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from catalogs.digests import digest, entity_id
from catalogs.records import Entity, EntityRef, Language, Name, Passage
from sources.commons.files import CommonsFile, files, first_usable
from sources.interface import Harvested, Unusable
from sources.mediawiki.api import batches
from sources.mediawiki.articles import Article, articles
from sources.wikidata.classes import Category, categories, table, table_revision
from sources.wikidata.items import BATCH, Item, items
from sources.wikidata.sites import Sites
from sources.wikidata.wikis import code_of

CODE_VERSION = "3"
"""Raised whenever equal answers give other entities, texts or pictures."""


@dataclass(frozen=True)
class WikidataEncyclopedia:
    """Items with a picture that are instances of `classes` or of their subclasses.

    The revision covers what was asked, not what was answered: answers are kept with the output folder, and
    hold as long as it does.
    """

    sites: Sites
    classes: tuple[str, ...] = ()
    """Items; empty for all in the table."""
    languages: tuple[Language, ...] = ("en", "fr", "es", "zh")
    """Of names and leads, where an item has them."""

    @property
    def name(self) -> str:
        return "wikidata"

    @property
    def revision(self) -> str:
        asked = (CODE_VERSION, table_revision(), *self.roots, *self.languages)
        return digest("/".join(asked))[:12]

    @property
    def roots(self) -> tuple[str, ...]:
        return self.classes or tuple(row.qid for row in table())

    def survey(self) -> Iterator[EntityRef]:
        """Every item once, in the order of classes, then of the query service."""
        decided = _categories(self)
        for number in range(-(-len(_numbers(self)) // BATCH)):
            for qid, item in _items(self, number).items():
                yield EntityRef(
                    entity_id=entity_id(canonical_name(qid, item.articles)),
                    domain=decided[qid].domain,
                    title=item.title,
                    locator=qid,
                    identifiers=self._identifiers(item),
                    languages=sorted(set(self.languages) & item.articles.keys()),
                    country=next(iter(item.countries), ""),
                    sitelinks=item.sitelinks,
                )

    def harvest(self, ref: EntityRef) -> Harvested:
        number = _places(self).get(ref.locator)
        item = None if number is None else _items(self, number).get(ref.locator)
        if item is None or number is None:
            raise Unusable("not-in-wikidata", f"{ref.locator} was deleted or merged")
        category = _categories(self)[item.qid]
        leads = [self._lead(number, item, language) for language in self.languages]
        pictures = [one for name in item.pictures if (one := _files(self, number).get(name))]
        return Harvested(
            entity=Entity(
                entity_id=ref.entity_id,
                title=item.title,
                domain=category.domain,
                category_rule=category.rule,
                names=[_name(item, language) for language in self.languages if language in item.labels],
                articles=[lead for lead in leads if lead and lead.text],
                identifiers=self._identifiers(item),
                country=next(iter(item.countries), ""),
                sitelinks=item.sitelinks,
                category_conflicts=list(category.conflicts),
            ),
            pictures=first_usable(self.sites.web, pictures),
        )

    def documents(self, language: Language) -> Iterator[Passage]:
        """The lead of every item's article."""
        for number in range(-(-len(_numbers(self)) // BATCH)):
            for item in _items(self, number).values():
                lead = self._lead(number, item, language)
                if lead and lead.text:
                    yield lead

    def _identifiers(self, item: Item) -> dict[str, str]:
        """The item, and its articles in the languages that are asked for and in English."""
        wanted = {"en", *self.languages}
        titles = {
            f"{code_of(one)}wiki": title for one, title in sorted(item.articles.items()) if one in wanted
        }
        return {"wikidata": item.qid, **titles}

    def _lead(self, number: int, item: Item, language: Language) -> Passage | None:
        if language not in item.articles:
            return None
        article = _articles(self, number, language).get(item.articles[language])
        return article.passage(language) if article else None


def canonical_name(qid: str, titles: Mapping[Language, str]) -> str:
    """What an entity id is made from: the English article where there is one, as archives of Wikipedia have
    it, so that one thing is one entity whichever source names it."""
    title = titles.get("en")
    return f"wikipedia:en:{title}" if title else f"wikidata:{qid}"


def _name(item: Item, language: Language) -> Name:
    label = item.labels[language]
    return Name(language=language, title=label, noun=label, aliases=list(item.aliases.get(language, ())))


# What follows is asked in batches and kept for the process: entities are harvested one by one.


@lru_cache(maxsize=4)
def _numbers(source: WikidataEncyclopedia) -> tuple[str, ...]:
    service = source.sites.service()
    return tuple(dict.fromkeys(qid for root in source.roots for qid in service.instances(root)))


@lru_cache(maxsize=4)
def _places(source: WikidataEncyclopedia) -> dict[str, int]:
    """Item -> number of its batch."""
    return {qid: place // BATCH for place, qid in enumerate(_numbers(source))}


@lru_cache(maxsize=4)
def _categories(source: WikidataEncyclopedia) -> dict[str, Category]:
    return categories(source.sites.service(), _numbers(source))


@lru_cache(maxsize=64)
def _items(source: WikidataEncyclopedia, number: int) -> dict[str, Item]:
    batch = _numbers(source)[number * BATCH : (number + 1) * BATCH]
    return items(source.sites.web, batch, source.sites.wikidata)


@lru_cache(maxsize=256)
def _articles(source: WikidataEncyclopedia, number: int, language: Language) -> dict[str, Article]:
    found = _items(source, number).values()
    titles = sorted({item.articles[language] for item in found if language in item.articles})
    wiki = source.sites.wiki(language)
    return {title: page for batch in batches(titles) for title, page in articles(wiki, batch).items()}


@lru_cache(maxsize=64)
def _files(source: WikidataEncyclopedia, number: int) -> dict[str, CommonsFile]:
    names = sorted({name for item in _items(source, number).values() for name in item.pictures})
    return files(source.sites.web, names, source.sites.commons)
