"""A source whose entities are as well known as their articles are read: ``dump:PATH + pageviews:PATH``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from catalogs.digests import digest
from catalogs.records import EntityRef, Language, Passage
from sources.entities.links import LinkedEncyclopedia
from sources.interface import Choosy, Encyclopedia, Harvested, Unusable, redirect_ids
from sources.page_views.index import PageViews, build_page_views

NAME = "pageviews"
"""How page views are written among sources: ``pageviews:PATH``."""


def counted(encyclopedia: Encyclopedia, path: Path, index_root: Path) -> Encyclopedia:
    """The encyclopedia with views in the Wikipedias of its languages; its name and links stay.

    Raises `PageViewsError`.
    """
    views = build_page_views(path.expanduser().absolute(), encyclopedia.languages, index_root.absolute())
    if isinstance(encyclopedia, LinkedEncyclopedia):
        return CountedLinks(encyclopedia, views)
    return Counted(encyclopedia, views)


@dataclass(frozen=True)
class Counted:
    """An encyclopedia of which every entity is told with its views, where it does not tell them itself."""

    inner: Encyclopedia
    views: PageViews

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def revision(self) -> str:
        return digest(f"{self.inner.revision}/{self.views.revision}")[:12]

    @property
    def languages(self) -> tuple[Language, ...]:
        return self.inner.languages

    @property
    def passed_over(self) -> dict[str, int]:
        return dict(getattr(self.inner, "passed_over", {}))

    def survey(self) -> Iterator[EntityRef]:
        for ref in self.inner.survey():
            views = ref.page_views
            if views is None:
                views = self.views.of(ref, redirect_ids(self.inner, ref))
            yield msgspec.structs.replace(ref, page_views=views)

    def redirect_ids(self, ref: EntityRef) -> Iterable[str]:
        return redirect_ids(self.inner, ref)

    def refusal(self, ref: EntityRef) -> Unusable | None:
        return self.inner.refusal(ref) if isinstance(self.inner, Choosy) else None

    def harvest(self, ref: EntityRef) -> Harvested:
        found = self.inner.harvest(ref)
        entity = msgspec.structs.replace(found.entity, page_views=ref.page_views)
        return dataclasses.replace(found, entity=entity)

    def documents(self, language: Language) -> Iterator[Passage]:
        return self.inner.documents(language)


@dataclass(frozen=True)
class CountedLinks(Counted):
    """The same of a source with links."""

    inner: LinkedEncyclopedia

    def links(self, ref: EntityRef) -> Iterator[str]:
        return iter(self.inner.links(ref))

    def article(self, ref: EntityRef) -> Sequence[Passage]:
        return self.inner.article(ref)
