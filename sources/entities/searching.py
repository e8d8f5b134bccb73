"""Searching several sources at once, each with its own index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from catalogs.digests import digest, rounded
from catalogs.records import Hit, Language, Passage
from catalogs.stage import Resources
from workers.endpoint.loop import beside
from workers.tools import FetchError, HasPages, ImageHit, ImageSearch, RemoteImageSearch, TextSearch

_RANK_OFFSET = 60
"""Reciprocal rank fusion, k = 60 (Cormack, Clarke and Büttcher, SIGIR 2009): scores of different indexes do
not compare, ranks do."""


def _revision(parts: Sequence[TextSearch | ImageSearch]) -> str:
    return digest("/".join(f"{part.name}@{part.revision}" for part in parts))[:12]


@dataclass(frozen=True)
class MergedText:
    """A `TextSearch` over several; equal ranks in the order of `parts`, a passage of two of them once."""

    parts: tuple[TextSearch, ...]

    @property
    def name(self) -> str:
        return "merged-text"

    @property
    def revision(self) -> str:
        return _revision(self.parts)

    def search(self, query: str, language: Language, top_k: int) -> list[Hit]:
        found: dict[tuple[str, str], tuple[float, Hit]] = {}
        for part in self.parts:
            for hit in part.search(query, language, top_k):
                key = (hit.passage.origin.url, hit.passage.text)
                score, first = found.get(key, (0.0, hit))
                found[key] = (score + 1 / (_RANK_OFFSET + hit.rank), first)
        best = sorted(found.values(), key=lambda pair: -pair[0])[:top_k]
        return [
            msgspec.structs.replace(hit, rank=rank, score=rounded(score, 6))
            for rank, (score, hit) in enumerate(best, start=1)
        ]

    def page(self, url: str) -> Passage | None:
        """From the first part that holds it."""
        pages = (part.page(url) for part in self.parts if isinstance(part, HasPages))
        return next((page for page in pages if page is not None), None)


def merged_images(parts: Sequence[ImageSearch]) -> MergedImages:
    """Several as one, which is awaited where one of them is."""
    is_live = any(isinstance(part, RemoteImageSearch) for part in parts)
    return (MergedLiveImages if is_live else MergedImages)(tuple(parts))


@dataclass(frozen=True)
class MergedImages:
    """An `ImageSearch` over several: the first fills the list, the others what it leaves."""

    parts: tuple[ImageSearch, ...]

    @property
    def name(self) -> str:
        return "merged-images"

    @property
    def revision(self) -> str:
        return _revision(self.parts)

    @property
    def resources(self) -> Resources:
        """Those of the part that needs most: a picture index that embeds brings its model."""
        needs = Resources(cpus=0, memory_gib=0)
        for part in self.parts:
            needs = needs.and_those_of(getattr(part, "resources", needs))
        return needs

    def search(self, query: str, language: Language, num: int, exclude: frozenset[str]) -> list[ImageHit]:
        found: dict[str, ImageHit] = {}
        for part in self.parts:
            if len(found) < num:
                for hit in part.search(query, language, num - len(found), exclude | found.keys()):
                    found.setdefault(hit.image_url, hit)
        return _ranked(found, num)

    def fetch(self, image_url: str) -> bytes:
        """From the first that has it; raises the first `FetchError` where none has."""
        refusals: list[FetchError] = []
        for part in self.parts:
            try:
                return part.fetch(image_url)
            except FetchError as refusal:
                refusals.append(refusal)
        raise refusals[0]


@dataclass(frozen=True)
class MergedLiveImages(MergedImages):
    """A `RemoteImageSearch` with the same answers: what is on this machine is searched beside the loop."""

    async def asearch(
        self, query: str, language: Language, num: int, exclude: frozenset[str], location: str = ""
    ) -> list[ImageHit]:
        found: dict[str, ImageHit] = {}
        for part in self.parts:
            if len(found) < num:
                what = (query, language, num - len(found), exclude | found.keys())
                live = part if isinstance(part, RemoteImageSearch) else None
                for hit in await (live.asearch(*what, location) if live else beside(part.search, *what)):
                    found.setdefault(hit.image_url, hit)
        return _ranked(found, num)

    async def afetch(self, image_url: str) -> bytes:
        refusals: list[FetchError] = []
        for part in self.parts:
            try:
                live = part if isinstance(part, RemoteImageSearch) else None
                return await (live.afetch(image_url) if live else beside(part.fetch, image_url))
            except FetchError as refusal:
                refusals.append(refusal)
        raise refusals[0]


def _ranked(found: Mapping[str, ImageHit], num: int) -> list[ImageHit]:
    first = list(found.values())[:num]
    return [msgspec.structs.replace(hit, rank=rank) for rank, hit in enumerate(first, start=1)]
