"""Relevance: does the picture show the kind of thing that the entity's article describes?

A raw image-text cosine is not comparable between entities (short nouns score higher than long descriptions),
so it is read against the cosines of the same picture with a fixed list of other concepts.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from catalogs.digests import rounded_values
from catalogs.records import Candidate, Entity, PictureScores
from catalogs.stage import Row
from filters.base import PictureFilter, ScoredPicture, unreadable
from filters.features import PictureFeatures, features_of
from filters.hygiene import is_clean
from filters.pictures import UnreadableError
from workers.image_text.handle import ImageTextWorker
from workers.meter import count_call

CONCEPTS: tuple[str, ...] = (
    "a dog", "a cat", "a horse", "a bird", "a fish", "an insect", "a reptile", "a bear", "a monkey",
    "a flower", "a tree", "a mushroom", "a fruit", "a vegetable", "bread", "a cake", "a bowl of soup",
    "a plate of food", "a glass of wine", "a cup of coffee", "a cheese", "a castle", "a temple", "a bridge",
    "a tower", "a church", "a mountain", "an island", "a river", "a city street", "a stadium", "a statue",
    "a painting", "a vase", "a mask", "a musical instrument", "a guitar", "a drum", "a book", "a coin",
    "a clock", "a telescope", "a camera", "a telephone", "a computer", "a lamp", "a chair", "a hat", "a shoe",
    "a dress", "a ring", "a sword", "a hammer", "a key", "a car", "a train", "an aeroplane", "a ship",
    "a bicycle", "a rocket", "a ball", "a board game", "a playing card", "a doll", "a robot", "a kite",
    "a dragon", "a unicorn", "a ghost", "a fairy", "a man", "a woman", "a crowd at a festival", "fireworks",
    "a Christmas tree", "the moon", "the sun", "a map", "a page of text", "a diagram",
)  # fmt: skip
"""Everyday concepts spread over the twelve FactIP categories, and two kinds of non-pictures."""

DESCRIPTION_LETTERS = 300
"""Letters of the article's lead used as description: its first two sentences, about 70 word pieces."""


@dataclass(frozen=True)
class Relevance(PictureFilter):
    """Writes `relevance`, for clean files only:

    - `similarity`: cosine -1..1 with the entity's texts, the mean over noun, title and description
    - `contrast`: `similarity` minus the mean cosine with `CONCEPTS`
    - `percentile`: share 0..1 of `CONCEPTS` that fit the picture less well than the entity's noun does
    """

    name, version = "relevance", "1"
    reads: ClassVar[tuple[str, ...]] = ("image_trace", "entity", "hygiene")
    optional = ("relevance", "references")
    writes = ("relevance",)

    model: ImageTextWorker = field(default_factory=ImageTextWorker)

    def context(self, row: Row, candidate: Candidate) -> Hashable:
        return texts_of(row["entity"])

    def score(self, pictures: Sequence[ScoredPicture]) -> list[PictureScores]:
        clean = [picture for picture in pictures if is_clean(picture.of("hygiene"))]
        found = dict(zip(map(id, clean), features_of(self.model, clean), strict=True))
        return [self._scores(picture, found.get(id(picture))) for picture in pictures]

    def _scores(
        self, picture: ScoredPicture, features: PictureFeatures | UnreadableError | None
    ) -> PictureScores:
        if features is None:
            return PictureScores(sha256=picture.sha256, values={})
        if isinstance(features, UnreadableError):
            return unreadable(picture, features)
        texts = _text_embeddings(self.model, texts_of(picture.row["entity"])) @ features.embedding
        concepts = _text_embeddings(self.model, CONCEPTS) @ features.embedding
        values = {
            "similarity": float(texts.mean()),
            "contrast": float(texts.mean() - concepts.mean()),
            "percentile": float(np.mean(concepts < texts[0])),
        }
        return PictureScores(sha256=picture.sha256, values=rounded_values(values))


def texts_of(entity: Entity) -> tuple[str, ...]:
    """Noun, title and description of an entity, in English where there is English: the text tower reads it
    best."""
    languages = ["en", *(name.language for name in entity.names)]
    name = next((found for language in languages if (found := entity.name(language))), None)
    article = entity.article("en") or next(iter(entity.articles), None)
    texts = [name.noun, name.title] if name else [entity.title]
    if article is not None and article.text.strip():
        texts.append(article.text[:DESCRIPTION_LETTERS])
    return tuple(dict.fromkeys(texts))


@lru_cache(maxsize=1024)
def _text_embeddings(worker: ImageTextWorker, texts: tuple[str, ...]) -> Any:
    """float32 [len(texts), dim], normalised."""
    count_call(len(texts))
    return worker.load().embed_texts(texts)
