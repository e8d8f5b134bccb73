"""An encyclopedia of the items of a dump: names in all languages, what is said of them in a few words.

A dump has no articles. Alone it describes an item by its description ("species of large cat"); merged with
a source that has articles (`sources.entities`) it brings names, category, country, popularity and pictures.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from catalogs.digests import digest, entity_id
from catalogs.records import Entity, EntityRef, Language, Name, Origin, Passage
from sources.commons.files import API, CommonsFile, files, ground_truth
from sources.fetching.web import Web
from sources.interface import GroundTruth, Harvested, Unusable
from sources.wikidata.classes import table_revision
from sources.wikidata.dump.decoding import Extract
from sources.wikidata.dump.index import Items, revision_of
from sources.wikidata.encyclopedia import canonical_name
from sources.wikidata.wikis import code_of, language_of_code

CODE_VERSION = "2"
"""Raised whenever the same index gives other entities, texts or pictures."""

LANGUAGES: tuple[Language, ...] = ("en", "fr", "es", "zh")
"""In which items are described, unless others are asked for."""

_ANY = "mul"
"""Wikidata's code for a label that holds in all languages."""


@dataclass(frozen=True)
class WikidataDump:
    """Items of the dump at `path` that fall under a category, from the index at `index` (`build_items`).

    Pictures (P18) are fetched from Commons by `web`; without it there are none. `wikis` are the Wikipedias
    whose titles the survey tells, so that sources over them can be merged by title.
    """

    path: str
    index: str
    web: Web | None = None
    commons: str = API
    languages: tuple[Language, ...] = LANGUAGES
    wikis: tuple[Language, ...] = ("en",)

    @property
    def name(self) -> str:
        return "wikidata-dump"

    @property
    def revision(self) -> str:
        made = (CODE_VERSION, revision_of(Path(self.path)), table_revision())
        asked = (*self.languages, "/", *self.wikis, "/", "pictures" if self.web else "")
        return digest("/".join((*made, *asked)))[:12]

    def linked_to(self, languages: Sequence[Language]) -> WikidataDump:
        """The same, whose survey tells the titles in these Wikipedias, too."""
        return dataclasses.replace(self, wikis=tuple(sorted({*self.wikis, *languages})))

    def without_pictures(self) -> WikidataDump:
        """The same, for an item whose picture cannot be had."""
        return dataclasses.replace(self, web=None)

    @property
    def passed_over(self) -> dict[str, int]:
        """Items that are in the dump and not in a survey, by reason."""
        return items_at(self.index).passed_over()

    def survey(self) -> Iterator[EntityRef]:
        """Every item with a category, by number."""
        for row in items_at(self.index):
            item = row.item
            yield EntityRef(
                entity_id=entity_id(canonical_name(f"Q{item.qid}", item.articles)),
                domain=row.domain,
                title=title_of(item),
                locator=f"Q{item.qid}",
                identifiers=self._identifiers(item),
                languages=[one for one in sorted(self.languages) if _text(item, one)],
                country=row.country,
                sitelinks=item.sitelinks,
            )

    def harvest(self, ref: EntityRef) -> Harvested:
        row = items_at(self.index).get(int(ref.locator.removeprefix("Q")))
        if row is None:
            raise Unusable("not-in-dump", f"the dump has no item {ref.locator} with a category")
        item = row.item
        passages = [self._passage(item, language) for language in self.languages]
        return Harvested(
            entity=Entity(
                entity_id=ref.entity_id,
                title=ref.title,
                domain=row.domain,
                category_rule=row.rule,
                names=names_of(item),
                articles=[one for one in passages if one],
                identifiers=self._identifiers(item),
                country=row.country,
                sitelinks=item.sitelinks,
                category_conflicts=list(row.conflicts),
            ),
            pictures=self._pictures(item),
        )

    def documents(self, language: Language) -> Iterator[Passage]:
        """What is said of each item that is described in a language."""
        for row in items_at(self.index):
            if passage := self._passage(row.item, language):
                yield passage

    def _identifiers(self, item: Extract) -> dict[str, str]:
        spoken = [one for wiki in self.wikis if (one := language_of_code(wiki)) in item.articles]
        titles = {f"{code_of(one)}wiki": item.articles[one] for one in spoken}
        return {"wikidata": f"Q{item.qid}", **item.identifiers, **titles}

    def _passage(self, item: Extract, language: Language) -> Passage | None:
        text = _text(item, language)
        if not text:
            return None
        origin = Origin(
            url=f"https://www.wikidata.org/wiki/Q{item.qid}",
            revision=str(item.revision),
            licence="CC0-1.0",
            author="Wikidata contributors",
            fetched=item.modified,
        )
        title = label(item, language) or title_of(item)
        return Passage(title=title, language=language, text=f"{title}: {text}.", origin=origin)

    def _pictures(self, item: Extract) -> tuple[GroundTruth, ...]:
        """The first picture (P18) with a usable licence."""
        if self.web is None or not item.pictures:
            return ()
        found = _files(self, tuple(item.pictures))
        file = next((found[name] for name in item.pictures if name in found), None)
        return (ground_truth(self.web, file),) if file else ()


def label(item: Extract, language: Language) -> str:
    """How an item is called in a language, or in all of them; empty where it has no such name."""
    return item.labels.get(language) or item.labels.get(_ANY, "")


def title_of(item: Extract) -> str:
    """The label in English or in all languages, else in the first by alphabet that has one."""
    return label(item, "en") or next(iter(item.labels.values()))


def names_of(item: Extract) -> list[Name]:
    """A name for each language that the item has a label, other names or an article in.

    A variant of a language (``en-gb``) is left out where it says what the language itself says.
    """
    shared = item.aliases.get(_ANY, [])
    names: dict[Language, Name] = {}
    for language in sorted({*item.labels, *item.aliases, *item.articles} - {_ANY}):
        title = label(item, language) or item.articles.get(language, "")
        own = dict.fromkeys((*item.aliases.get(language, ()), *shared))
        aliases = [alias for alias in own if alias != title]
        base = names.get(language.partition("-")[0])
        if title and not (base and base.title == title and set(aliases) <= set(base.aliases)):
            names[language] = Name(language=language, title=title, noun=title, aliases=aliases)
    return list(names.values())


def _text(item: Extract, language: Language) -> str:
    return item.descriptions.get(language, "").strip().rstrip(".")


@lru_cache(maxsize=4)
def items_at(index: str) -> Items:
    """An index, opened once a process."""
    return Items(index)


@lru_cache(maxsize=256)
def _files(source: WikidataDump, names: tuple[str, ...]) -> dict[str, CommonsFile]:
    assert source.web is not None
    return files(source.web, names, source.commons)
