"""``search_image`` over the pictures of a source: by words, and by what they show where a model is given.

Captions, file names and articles are indexed as text. With an image-text model, every picture's features are
indexed too, and a query is asked both ways; the two lists are fused by reciprocal rank (Cormack, Clarke and
Büttcher, SIGIR 2009), which needs no common scale for BM25 and cosines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np
from PIL import Image

from catalogs.digests import digest, encode
from catalogs.records import Language
from catalogs.stage import Resources, Worker
from sources.search import reading, vectors, words, writing
from sources.search.documents import Document, document
from sources.search.embedding import embedding, fetching
from sources.search.folder import published
from workers.image_text.handle import ImageTextWorker
from workers.meter import count_call
from workers.tools import ImageHit

WEIGHTS = {"caption": 2.0, "file": 1.0, "article": 2.0, "linked": 0.3}
"""Weight of each field: what is said of the picture itself, then the article that shows it. Articles that
this one links to come last, so that their entities find its pictures after their own."""

_DEPTH = 100
"""Hits of each list that are fused."""
_RRF = 60
"""The constant k of reciprocal rank fusion, as published."""


@dataclass(frozen=True)
class Pictured:
    """A picture of a source, as it is found: `hit` with rank 0, and the words of each field of `WEIGHTS`."""

    hit: ImageHit
    texts: Mapping[str, str]


class PictureSource(Worker, Protocol):
    """A source that can list its pictures without showing them. Name and revision enter fingerprints."""

    @property
    def language(self) -> Language:
        """What captions and titles are in, mostly."""
        ...

    def pictures(self) -> Iterator[Pictured]:
        """All pictures in a fixed order, each address once."""
        ...

    def fetch(self, image_url: str) -> bytes:
        """The bytes at an address of its own; raises `FetchError`."""
        ...


class _Stored(msgspec.Struct, frozen=True):
    hit: ImageHit
    texts: dict[str, str]


@dataclass(frozen=True)
class PictureIndex:
    """An `ImageSearch` over `source`. Made by `build_picture_index`."""

    source: PictureSource
    captions: str
    """Folder of the text index."""
    features: str = ""
    """Folder of the vectors; empty where words are all that is searched."""
    image_text: ImageTextWorker | None = None
    """The model that the vectors are of."""
    revision: str = ""

    @property
    def name(self) -> str:
        return f"{self.source.name}-pictures"

    @property
    def resources(self) -> Resources | None:
        """What the model of the queries needs."""
        return self.image_text.resources if self.image_text else None

    def search(self, query: str, language: Language, num: int, exclude: frozenset[str]) -> list[ImageHit]:
        """The `num` best pictures not in `exclude`; equal scores in order of address.

        `language` changes nothing: a source has one language, and its words are what a picture is found by.
        """
        count_call()
        lists = [self._by_words(query, num, exclude)]
        if self.image_text is not None and query.strip():
            vector = self.image_text.load().embed_texts([query])[0]
            lists.append([hit for hit, _ in self._near(vector, max(num, _DEPTH), exclude)])
        fused = lists[0] if len(lists) == 1 else _fused(lists)
        return [msgspec.structs.replace(hit, rank=rank) for rank, hit in enumerate(fused[:num], start=1)]

    def similar(self, image: Image.Image, num: int) -> list[tuple[ImageHit, float]]:
        """The `num` pictures nearest to one that is given, with cosines to three places; near duplicates
        first.

        Nothing where the index holds no vectors.
        """
        if self.image_text is None:
            return []
        return self._near(self.image_text.load().embed_images([image])[0], num, frozenset())

    def fetch(self, image_url: str) -> bytes:
        """The bytes at an address of the source; raises `FetchError`."""
        count_call()
        return self.source.fetch(image_url)

    def _by_words(self, query: str, num: int, exclude: frozenset[str]) -> list[ImageHit]:
        wanted = max(num, _DEPTH if self.image_text else 0) + len(exclude)
        found = reading.search(Path(self.captions), self.source.language, WEIGHTS, query, wanted)
        hits = [(score, _hit(stored)) for score, stored in found]
        hits.sort(key=lambda pair: (-pair[0], pair[1].image_url))
        return [hit for _, hit in hits if hit.image_url not in exclude]

    def _near(
        self, vector: vectors.Floats, num: int, exclude: frozenset[str]
    ) -> list[tuple[ImageHit, float]]:
        found = vectors.search(Path(self.features), vector, num + len(exclude))
        ids = np.array([one.id for one in found], np.uint64)
        stored = reading.with_ids(Path(self.captions), self.source.language, ids)
        hits = [(_hit(stored[one.id]), one.cosine) for one in found]
        hits.sort(key=lambda pair: (-pair[1], pair[0].image_url))
        return [pair for pair in hits if pair[0].image_url not in exclude][:num]


def build_picture_index(
    root: Path, source: PictureSource, image_text: ImageTextWorker | None = None
) -> PictureIndex:
    """The picture index of a source under `root`, brought up to date unless it is there.

    Without `image_text`, captions alone, at the cost of reading the source. With it, every picture is fetched
    and embedded as well. Raises `DamagedIndexError`, `StorageError`.
    """
    content = digest(f"{source.name}@{source.revision}/{words.VERSION}/{sorted(WEIGHTS.items())}")[:12]
    captions = root / f"pictures-{content}"

    def build_captions(folder: Path, _previous: Path | None) -> str:
        writing.update(folder, source.language, tuple(WEIGHTS), map(_document, source.pictures()))
        return content

    # Captions are taken in anew with each revision: the folder of an earlier one is of no use to them.
    published(captions, f"captions of {source.name}", build_captions)
    if image_text is None:
        return PictureIndex(source, str(captions), revision=content)
    model = f"{image_text.name}@{image_text.revision}"
    revision = digest(f"{content}/{vectors.VERSION}/{model}")[:12]
    features = root / f"vectors-{revision}"

    def build_vectors(folder: Path, previous: Path | None) -> str:
        held = reading.everything(captions, source.language)
        listed = ((one, _hit(stored).image_url) for one, stored in held)
        dim = image_text.load().dim
        vectors.build(folder, listed, fetching(source), embedding(image_text), dim, previous)
        return revision

    published(features, f"features of {source.name} by {model}", build_vectors)
    return PictureIndex(source, str(captions), str(features), image_text, revision)


def _document(picture: Pictured) -> Document:
    stored = encode(_Stored(picture.hit, dict(picture.texts)))
    return document(stored, picture.hit.image_url, picture.texts, stored)


def _hit(stored: bytes) -> ImageHit:
    return msgspec.json.decode(stored, type=_Stored).hit


def _fused(lists: Sequence[Sequence[ImageHit]]) -> list[ImageHit]:
    """Reciprocal rank fusion of the first `_DEPTH` of each list; equal sums in order of address."""
    sums: dict[str, float] = defaultdict(float)
    hits: dict[str, ImageHit] = {}
    for ranked in lists:
        for rank, hit in enumerate(ranked[:_DEPTH], start=1):
            sums[hit.image_url] += 1 / (_RRF + rank)
            hits[hit.image_url] = hit
    return [hits[url] for url in sorted(sums, key=lambda url: (-round(sums[url], 9), url))]
