"""An encyclopedia in a ZIM archive: articles become entities, their lead picture is the ground truth."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from catalogs.digests import digest, entity_id
from catalogs.records import Entity, EntityRef, Language, Name, Passage
from sources.interface import GroundTruth, Harvested, Unusable
from sources.search.words import split
from sources.zim.archive import Article, open_archive
from sources.zim.categories import Rule, rule_for
from sources.zim.facts import facts_of
from sources.zim.page import Page, PageImage, opening, parse
from sources.zim.parts import checksum_of
from sources.zim.spread import spread

CODE_VERSION = "3"
"""Raised whenever the same archive gives other entities, texts or pictures."""


@dataclass(frozen=True)
class ZimEncyclopedia:
    """An `Encyclopedia` over the archive at `path`."""

    path: str

    @property
    def name(self) -> str:
        return "zim"

    @property
    def revision(self) -> str:
        """From the checksum at the archive's end: moving or renaming the file changes nothing."""
        return digest(f"{CODE_VERSION}/{checksum_of(Path(self.path))}")[:12]

    @property
    def languages(self) -> tuple[Language, ...]:
        return (facts_of(self.path).language,)

    def survey(self) -> Iterator[EntityRef]:
        """Every article, by path. Reads each article's opening to find its category."""
        return spread(_refs, self.path)

    def harvest(self, ref: EntityRef) -> Harvested:
        article, facts = Article(ref.locator, ref.title), facts_of(self.path)
        try:
            page = page_at(self.path, article.path)
        except KeyError:
            raise Unusable("not-in-archive", f"the archive has no article {ref.locator}") from None
        rule = rule_for(article.title, parse(opening(read_html(self.path, article.path))))
        lead = Passage(
            title=article.title, language=facts.language, text=page.lead, origin=facts.text_origin(article)
        )
        return Harvested(
            entity=Entity(
                entity_id=ref.entity_id,
                title=article.title,
                domain=rule.category,
                category_rule=f"zim:{rule.name}",
                names=[self._name(article, rule, page.lead)],
                articles=[lead] if page.lead else [],
            ),
            pictures=self._picture(article, page),
        )

    def documents(self, language: Language) -> Iterator[Passage]:
        """The lead and each section with running text, as passages of the article's title."""
        if language == facts_of(self.path).language:
            yield from spread(_passages, self.path)

    def redirect_ids(self, ref: EntityRef) -> Iterator[str]:
        """Of the titles of the redirects that lead to an article."""
        facts = facts_of(self.path)
        for title in open_archive(self.path).redirects_to(ref.locator):
            yield entity_id(facts.canonical_name(title))

    def links(self, ref: EntityRef) -> Iterator[str]:
        """Ids of the articles that one links to, redirects followed, each once."""
        archive, facts = open_archive(self.path), facts_of(self.path)
        goals = (archive.resolve(ref.locator, link) for link in page_at(self.path, ref.locator).links)
        for goal in dict.fromkeys(goal for goal in goals if goal):
            if title := archive.title_of(goal):
                yield entity_id(facts.canonical_name(title))

    def article(self, ref: EntityRef) -> list[Passage]:
        return list(passages_of(self.path, Article(ref.locator, ref.title)))

    def aliases(self, title: str, language: Language) -> list[str]:
        """Titles of the redirects that lead to an article."""
        return open_archive(self.path).other_titles(title)

    def _name(self, article: Article, rule: Rule, lead: str) -> Name:
        """The phrase of a rule is English; in other languages the title stands for itself.

        A redirect is an alias when it shares a word with the title or stands in the lead: others lead to a
        part of the article (``I Believe to My Soul`` to its singer).
        """
        language = facts_of(self.path).language
        bare = without_brackets(article.title)
        known = {article.title.casefold(), _folded(bare)}
        redirects = [
            title
            for title in open_archive(self.path).redirects_to(article.path)
            if title.casefold() not in known
            and (_long_words(title) & _long_words(bare) or _folded(title) in lead.casefold())
        ]
        noun = rule.noun.format(title=bare) if language == "en" else bare
        return Name(language=language, title=article.title, noun=noun, aliases=redirects)

    def _picture(self, article: Article, page: Page) -> tuple[GroundTruth, ...]:
        """The lead picture; else the first whose caption or file name names the entity; else none.

        One is enough: what else stands in an infobox is a reissue's cover, a signature, a map.
        """
        archive = open_archive(self.path)
        named = [image for image in page.images if names_entity(article.title, image)]
        for image in (*(image for image in page.images if image.leading), *named):
            if path := archive.resolve(article.path, image.source):
                origin = facts_of(self.path).picture_origin(path)
                return (GroundTruth(archive.read(path), origin, image.caption),)
        return ()


def _refs(path: str, start: int, end: int) -> list[EntityRef]:
    """Those of a span of the archive."""
    facts = facts_of(path)
    found = []
    for article in open_archive(path).articles(start, end):
        page = parse(opening(read_html(path, article.path)))
        found.append(
            EntityRef(
                entity_id=entity_id(facts.canonical_name(article.title)),
                domain=rule_for(article.title, page).category,
                title=article.title,
                locator=article.path,
            )
        )
    return found


def _passages(path: str, start: int, end: int) -> list[Passage]:
    """Those of a span of the archive."""
    articles = open_archive(path).articles(start, end)
    return [passage for article in articles for passage in passages_of(path, article)]


def without_brackets(title: str) -> str:
    """``Busted (Johnny Cash song)`` -> ``Busted``."""
    return re.sub(r"\s*\([^()]*\)$", "", title)


def names_entity(title: str, image: PageImage) -> bool:
    """Whether caption or file name hold the title: in words, or for file names as one run of letters."""
    bare = _letters(without_brackets(title))
    file = image.source.rsplit("/", 1)[-1]
    return bool(bare) and (bare in _letters(image.caption) or bare in _letters(file))


def passages_of(path: str, article: Article) -> Iterator[Passage]:
    """The lead and each section of an article with running text, as passages of its title."""
    facts = facts_of(path)
    page = page_at(path, article.path)
    for heading, text in (("", page.lead), *page.sections):
        if text:
            yield Passage(
                title=article.title,
                language=facts.language,
                text=text,
                heading=heading,
                origin=facts.text_origin(article, heading),
            )


def read_html(path: str, article: str) -> str:
    """The HTML of an article; KeyError where there is none."""
    return open_archive(path).read(article).decode("utf-8", "replace")


@lru_cache(maxsize=256)
def page_at(path: str, article: str) -> Page:
    """An article taken apart. Cached, because picture index, text index and harvest follow one another."""
    return parse(read_html(path, article))


def _folded(title: str) -> str:
    return without_brackets(title).casefold()


def _long_words(title: str) -> set[str]:
    """Words of four letters and more, which carry a name."""
    return {word for word in split(title.casefold()) if len(word) >= 4}


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if c.isalnum())
