"""Rows, pictures and fake models for the tests of the filters."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from catalogs.digests import sha256
from catalogs.records import Candidate, Entity, ImageTrace, Name, Origin, Passage, Picture, PictureScores
from catalogs.stage import Blobs, Kept, Row, Stage
from workers.image_text.interface import EncodedImages

TIGER = Entity(
    entity_id="0" * 16,
    title="Tiger",
    domain="animal-plant",
    category_rule="test",
    names=[
        Name(language="en", title="Tiger", noun="a tiger", aliases=["Panthera tigris"]),
        Name(language="fr", title="Tigre", noun="un tigre"),
    ],
    articles=[
        Passage(
            title="Tiger",
            language="en",
            text="The tiger is a large cat.",
            origin=Origin(url="https://x.invalid"),
        )
    ],
)


class MemoryBlobs:
    """A blob store that counts what is read."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}
        self.reads = 0

    def put(self, data: bytes) -> str:
        self.data[sha256(data)] = data
        return sha256(data)

    def get(self, sha256: str) -> bytes:
        self.reads += 1
        return self.data[sha256]


def drawing(colour: str = "orange", size: tuple[int, int] = (320, 300), ground: str = "white") -> Image.Image:
    """A sharp body with an eye, in the middle of a plain ground."""
    image = Image.new("RGB", size, ground)
    pen = ImageDraw.Draw(image)
    width, height = size
    pen.ellipse(
        (width * 0.25, height * 0.3, width * 0.75, height * 0.8), fill=colour, outline="black", width=3
    )
    pen.ellipse((width * 0.55, height * 0.4, width * 0.6, height * 0.46), fill="black")
    return image


def encoded(image: Image.Image, format_: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def candidate(
    blobs: Blobs, data: bytes, *, url: str = "https://host.invalid/p/1.jpg", title: str = "Tiger - pictures"
) -> Candidate:
    picture = Picture(
        sha256=blobs.put(data),
        media_type="image/png",
        width=0,
        height=0,
        bytes=len(data),
        origin=Origin(url=url),
    )
    return Candidate(query=1, rank=1, title=title, page_url="https://host.invalid/page", picture=picture)


def row_of(candidates: Iterable[Candidate], key: str = "k", **cells: Any) -> Row:
    trace = ImageTrace(queries=["tiger"], turns=[], candidates=list(candidates), model="test")
    return Row(key, {"entity": TIGER, "ground_truth": [], "image_trace": trace, **cells})


def after(row: Row, blobs: Blobs, *stages: Stage) -> Row:
    """The row with the columns that some stages write, one after the other."""
    cells = {
        column: row.get(column)
        for column in ("entity", "image_trace", *COLUMNS)
        if row.get(column) is not None
    }
    for stage in stages:
        (outcome,) = stage.run([Row(row.key, cells)], blobs)
        assert isinstance(outcome, Kept), outcome
        cells |= outcome.writes
    return Row(row.key, cells)


COLUMNS = (
    "ground_truth",
    "hygiene",
    "leakage",
    "rules",
    "ocr",
    "relevance",
    "duplicates",
    "judge",
    "references",
    "selection",
)


def values_of(row: Row, column: str) -> list[dict[str, float]]:
    scores: list[PictureScores] = row[column]
    return [score.values for score in scores]


class ColourModel:
    """An image-text model that knows colours only: a text is near the pictures whose colour it names."""

    name, revision, dim, feature_dim = "colours", "1", 3, 192

    def embed_texts(self, texts: Any) -> Any:
        return np.stack([_unit(np.array(COLOUR_OF.get(text, (1, 1, 1)), np.float32)) for text in texts])

    def embed_images(self, images: Any) -> Any:
        return self.encode_images(images).embeddings

    def image_features(self, images: Any) -> Any:
        return self.encode_images(images).features

    def encode_images(self, images: Any) -> EncodedImages:
        means = [255 - np.asarray(image, np.float32).mean(axis=(0, 1)) for image in images]
        tiny = [255 - np.asarray(image.resize((8, 8)), np.float32).ravel() for image in images]
        return EncodedImages(np.stack(list(map(_unit, means))), np.stack(list(map(_unit, tiny))))


COLOUR_OF: Mapping[str, tuple[int, int, int]] = {"a tiger": (0, 90, 255), "Tiger": (0, 90, 255)}
"""Inverted colours, as the pictures' grounds are white: orange is near to (0, 90, 255)."""


def _unit(vector: Any) -> Any:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


@dataclass(frozen=True)
class ColourWorker:
    """The handle of `ColourModel`; `calls` counts pictures, so that tests can ask what was encoded."""

    revision: str = "1"
    name: str = "colours"

    def load(self) -> ColourModel:
        return ColourModel()
