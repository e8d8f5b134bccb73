"""A world without what was forgotten: the same source, from which tombstones are held back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from catalogs.digests import sha256
from catalogs.records import EntityRef, Hit, Language, Origin, Passage
from catalogs.stage import Resources, Worker
from catalogs.tombstones import Tombstones
from sources.entities.links import LinkedEncyclopedia
from sources.interface import Choosy, Encyclopedia, Harvested, Unusable, World, redirect_ids
from workers.tools import (
    FetchError,
    ImageHit,
    ImageSearch,
    RemoteImageSearch,
    RemoteTextSearch,
    TextSearch,
)


def without(world: World, stones: Tombstones) -> World:
    """The world itself where nothing was forgotten. Names and revisions stay, so results stay valid."""
    if not stones:
        return world
    return dataclasses.replace(
        world,
        encyclopedia=_Encyclopedia(world.encyclopedia, stones),
        text_search=_text_search(world.text_search, stones),
        image_search=_image_search(world.image_search, stones),
    )


def listed_without(encyclopedia: Encyclopedia, stones: Tombstones) -> Encyclopedia:
    """The same of a source of which nothing else is opened."""
    return _Encyclopedia(encyclopedia, stones) if stones else encyclopedia


def _is_forgotten(origin: Origin, stones: Tombstones) -> bool:
    return origin.url in stones.urls or origin.licence in stones.licences


Inner = TypeVar("Inner", bound=Worker)

SPARE = 20
"""Text hits asked for beyond what is wanted, to fill the places of forgotten ones."""


@dataclass(frozen=True)
class _Behind(Generic[Inner]):
    """A worker with tombstones before it, under the name that it has in fingerprints."""

    inner: Inner
    stones: Tombstones

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def revision(self) -> str:
        return self.inner.revision

    @property
    def resources(self) -> Resources | None:
        """What a worker needs that holds a model (see `catalogs.stage.Stage.needs`)."""
        return getattr(self.inner, "resources", None)


class _Encyclopedia(_Behind[Encyclopedia]):
    @property
    def languages(self) -> tuple[Language, ...]:
        return self.inner.languages

    def survey(self) -> Iterator[EntityRef]:
        return (ref for ref in self.inner.survey() if ref.entity_id not in self.stones.entities)

    def refusal(self, ref: EntityRef) -> Unusable | None:
        return self.inner.refusal(ref) if isinstance(self.inner, Choosy) else None

    def harvest(self, ref: EntityRef) -> Harvested:
        """Articles and pictures that were not forgotten; an entity without any article is `Unusable`."""
        found = self.inner.harvest(ref)
        articles = [one for one in found.entity.articles if not _is_forgotten(one.origin, self.stones)]
        if not articles:
            raise Unusable("forgotten", "every article was forgotten on request")
        pictures = tuple(
            one
            for one in found.pictures
            if not _is_forgotten(one.origin, self.stones) and sha256(one.data) not in self.stones.sha256s
        )
        entity = msgspec.structs.replace(found.entity, articles=articles)
        return Harvested(entity=entity, pictures=pictures)

    @property
    def passed_over(self) -> dict[str, int]:
        return dict(getattr(self.inner, "passed_over", {}))

    def redirect_ids(self, ref: EntityRef) -> Iterable[str]:
        return redirect_ids(self.inner, ref)

    def links(self, ref: EntityRef) -> Iterable[str]:
        """Of a source that has links (`World.links`), to what was not forgotten."""
        return (link for link in self._linked.links(ref) if link not in self.stones.entities)

    def article(self, ref: EntityRef) -> list[Passage]:
        return [one for one in self._linked.article(ref) if not _is_forgotten(one.origin, self.stones)]

    @property
    def _linked(self) -> LinkedEncyclopedia:
        assert isinstance(self.inner, LinkedEncyclopedia)
        return self.inner

    def documents(self, language: Language) -> Iterator[Passage]:
        return self.inner.documents(language)


class _TextSearch(_Behind[TextSearch]):
    def search(self, query: str, language: str, top_k: int) -> Sequence[Hit]:
        return self._kept(self.inner.search(query, language, top_k + SPARE), top_k)

    def _kept(self, hits: Sequence[Hit], top_k: int) -> list[Hit]:
        return [hit for hit in hits if not _is_forgotten(hit.passage.origin, self.stones)][:top_k]


class _RemoteTextSearch(_TextSearch):
    async def asearch(self, query: str, language: str, top_k: int) -> Sequence[Hit]:
        assert isinstance(self.inner, RemoteTextSearch)
        return self._kept(await self.inner.asearch(query, language, top_k + SPARE), top_k)


class _ImageSearch(_Behind[ImageSearch]):
    def search(self, query: str, language: str, num: int, exclude: frozenset[str]) -> Sequence[ImageHit]:
        return self._kept(self.inner.search(query, language, num, exclude | self.stones.urls))

    def _kept(self, hits: Sequence[ImageHit]) -> list[ImageHit]:
        return [
            hit
            for hit in hits
            if not _is_forgotten(hit.origin, self.stones) and hit.page_url not in self.stones.urls
        ]

    def fetch(self, image_url: str) -> bytes:
        return self._checked(self.inner.fetch(image_url))

    def _checked(self, data: bytes) -> bytes:
        if sha256(data) in self.stones.sha256s:
            raise FetchError("forgotten", "its content was forgotten on request")
        return data


class _RemoteImageSearch(_ImageSearch):
    async def asearch(
        self, query: str, language: str, num: int, exclude: frozenset[str], location: str = ""
    ) -> Sequence[ImageHit]:
        assert isinstance(self.inner, RemoteImageSearch)
        return self._kept(
            await self.inner.asearch(query, language, num, exclude | self.stones.urls, location)
        )

    async def afetch(self, image_url: str) -> bytes:
        assert isinstance(self.inner, RemoteImageSearch)
        return self._checked(await self.inner.afetch(image_url))


def _text_search(search: TextSearch, stones: Tombstones) -> TextSearch:
    """Awaited where the search behind it is."""
    return (_RemoteTextSearch if isinstance(search, RemoteTextSearch) else _TextSearch)(search, stones)


def _image_search(search: ImageSearch, stones: Tombstones) -> ImageSearch:
    """Awaited where the search behind it is."""
    return (_RemoteImageSearch if isinstance(search, RemoteImageSearch) else _ImageSearch)(search, stones)
