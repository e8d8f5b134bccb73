"""An encyclopedia in dumps: articles become entities, the picture that leads them is the ground truth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec

from catalogs.digests import entity_id
from catalogs.records import Entity, EntityRef, Language, Name, Passage, Redirects
from sources.commons.files import files, first_usable
from sources.dumps.article import ARTICLE, LIST, PageImage
from sources.dumps.entities import DAMAGED, EntityRow, Member, current_pages
from sources.dumps.extract import Facts
from sources.dumps.parts import GROUP, Page, all_documents, documents, page_at
from sources.dumps.pictures import Pictures
from sources.dumps.site import Site
from sources.interface import GroundTruth, Harvested, Unusable
from sources.search.words import split
from sources.wikidata.sites import Sites
from sources.zim.encyclopedia import names_entity, without_brackets
from sources.zim.page import PageImage as ZimImage

_REFUSALS = {
    "disambiguation": "lists things of one name",
    LIST: "is a list of other things",
    DAMAGED: "stands in a part of the dump that cannot be read",
}
_SLUGS = {LIST: "list-article", DAMAGED: "damaged-dump"}
_MOST_ASKED = 3
"""Pictures of an article that are asked for at Commons, in their order, until one may and can be had."""


@dataclass(frozen=True)
class DumpEncyclopedia:
    """An `Encyclopedia` over a dump that was extracted to `folder`. Made by `sources.dumps.world`.

    Pictures are those of `pictures`, or where there are none those of Commons.
    """

    folder: str
    content: str
    """Revision of the dump; the folder may be moved."""
    pictures: Pictures | None
    sites: Sites

    @property
    def name(self) -> str:
        return "dump"

    @property
    def revision(self) -> str:
        return f"{self.content}-{self.pictures.revision}" if self.pictures else self.content

    @property
    def languages(self) -> tuple[Language, ...]:
        return tuple(sorted({site.language for site in facts_of(self.folder).sites.values()}))

    def survey(self) -> Iterator[EntityRef]:
        """All entities by canonical name; those of damaged streams that an index names come last."""
        path = Path(self.folder) / "entities.parquet"
        decoder = msgspec.json.Decoder(EntityRow)
        for number, document in enumerate(all_documents(path)):
            row = decoder.decode(document)
            yield EntityRef(
                entity_id=row.entity_id,
                domain=row.domain,
                title=row.title,
                locator=str(number),
                identifiers=row.identifiers,
                languages=list(row.languages),
            )

    def refusal(self, ref: EntityRef) -> Unusable | None:
        """Of pages that are no articles, and of those that a damaged stream held."""
        return _refusal(self._row(ref))

    def harvest(self, ref: EntityRef) -> Harvested:
        entity = self._row(ref)
        if refusal := _refusal(entity):
            raise refusal
        sites = facts_of(self.folder).sites
        pages = [(sites[member.edition], member, self._page(member)) for member in entity.members]
        pages = [(site, member, page) for site, member, page in pages if page.article.kind == ARTICLE]
        decided = next((page for _, _, page in pages if page.domain == entity.domain), pages[0][2])
        return Harvested(
            entity=Entity(
                entity_id=entity.entity_id,
                title=entity.title,
                domain=entity.domain,
                category_rule=decided.rule,
                names=[_name(site, member, page) for site, member, page in pages],
                identifiers=entity.identifiers,
                redirects=[
                    Redirects(language=site.language, titles=sorted(member.aliases))
                    for site, member, _ in pages
                    if member.aliases
                ],
                articles=[
                    _passage(site, page, "", page.article.lead)
                    for site, _, page in pages
                    if page.article.lead
                ],
            ),
            pictures=self._picture(pages),
        )

    def documents(self, language: Language) -> Iterator[Passage]:
        """The lead and each section of every article, in the order of the dump."""
        sites = facts_of(self.folder).sites
        for pages in current_pages(self.folder):
            for page in pages:
                site = sites[page.edition]
                if site.language != language:
                    break  # a part is of one edition
                if page.article.kind in (ARTICLE, LIST):
                    for heading, text in (("", page.article.lead), *page.article.sections):
                        if text:
                            yield _passage(site, page, heading, text)

    def redirect_ids(self, ref: EntityRef) -> Iterator[str]:
        """Of the titles that lead to its articles, in all editions of the dump."""
        sites = facts_of(self.folder).sites
        for member in self._row(ref).members:
            for title in member.aliases:
                yield entity_id(sites[member.edition].canonical_name(title))

    def links(self, ref: EntityRef) -> Iterator[str]:
        """Ids of the articles that those of an entity link to, in all editions of the dump."""
        sites = facts_of(self.folder).sites
        for member in self._row(ref).members:
            for title in self._page(member).article.links:
                yield entity_id(sites[member.edition].canonical_name(title))

    def article(self, ref: EntityRef) -> list[Passage]:
        """The article of each edition, in pieces."""
        sites = facts_of(self.folder).sites
        pages = [(sites[member.edition], self._page(member)) for member in self._row(ref).members]
        return [
            _passage(site, page, heading, text)
            for site, page in pages
            for heading, text in (("", page.article.lead), *page.article.sections)
            if text
        ]

    def _row(self, ref: EntityRef) -> EntityRow:
        number = int(ref.locator)
        table = str(Path(self.folder) / "entities.parquet")
        try:
            row = msgspec.json.decode(documents(table, number // GROUP)[number % GROUP], type=EntityRow)
        except IndexError:
            raise Unusable("not-in-dump", f"the dump has no entity {ref.locator}") from None
        if row.entity_id != ref.entity_id:
            raise Unusable("not-in-dump", f"the dump has another entity at {ref.locator}")
        return row

    def _page(self, member: Member) -> Page:
        return page_at(str(Path(self.folder) / "parts" / member.part), member.row)

    def _picture(self, pages: list[tuple[Site, Member, Page]]) -> tuple[GroundTruth, ...]:
        """The picture that leads the page; else the first that names the entity; else none.

        One is enough: what else stands in an infobox is a reissue's cover, a signature, a map.
        """
        named: dict[str, tuple[Site, str]] = {}
        for site, _, page in pages:
            for image in _leading(page):
                named.setdefault(image.file, (site, image.caption))
        if self.pictures is None:
            return self._of_commons(list(named)[:_MOST_ASKED])
        for file, (site, caption) in named.items():
            if file in self.pictures:
                return (GroundTruth(self.pictures.read(file), self.pictures.origin(file, site), caption),)
        return ()

    def _of_commons(self, names: list[str]) -> tuple[GroundTruth, ...]:
        """Files of the wiki itself are mostly under fair use, and not looked for."""
        if not names:
            return ()
        found = files(self.sites.web, names, self.sites.commons)
        return first_usable(self.sites.web, [found[name] for name in names if name in found])


@lru_cache(maxsize=4)
def facts_of(folder: str) -> Facts:
    """Facts of a dump that was extracted, read once a process."""
    return msgspec.json.decode((Path(folder) / "facts.json").read_bytes(), type=Facts)


def _refusal(entity: EntityRow) -> Unusable | None:
    if entity.kind not in _REFUSALS:
        return None
    said = f"{entity.title!r} {_REFUSALS[entity.kind]}"
    detail = f"{said} ({entity.detail})" if entity.detail else said
    return Unusable(_SLUGS.get(entity.kind, entity.kind), detail)


def _leading(page: Page) -> list[PageImage]:
    """Pictures that may stand for the subject, best first."""
    images = page.article.images
    named = [one for one in images if names_entity(page.title, ZimImage(one.file, one.caption, one.leading))]
    return list(dict.fromkeys((*(one for one in images if one.leading), *named)))


def _passage(site: Site, page: Page, heading: str, text: str) -> Passage:
    return Passage(
        title=page.title,
        language=site.language,
        text=text,
        heading=heading,
        origin=site.text_origin(page.title, page.revision, heading),
    )


def _name(site: Site, member: Member, page: Page) -> Name:
    """The phrase of a rule is English; in other languages the title stands for itself.

    A redirect is an alias when it shares a word with the title or stands in the lead: others lead to a part
    of the article.
    """
    bare = without_brackets(page.title)
    lead = page.article.lead.casefold()
    aliases = [
        alias
        for alias in member.aliases
        if alias.casefold() != bare.casefold()
        and (_words(alias) & _words(bare) or without_brackets(alias).casefold() in lead)
    ]
    noun = page.noun.format(title=bare) if site.language == "en" and page.noun else bare
    return Name(language=site.language, title=page.title, noun=noun, aliases=aliases)


def _words(title: str) -> set[str]:
    """Words of four letters and more, which carry a name; of Han, where words are not set apart, two
    signs."""
    words = {word for word in split(title.casefold()) if len(word) >= 4}
    runs = re.findall("[\u4e00-\u9fff]+", title)
    return words | {run[at : at + 2] for run in runs for at in range(len(run) - 1)}
