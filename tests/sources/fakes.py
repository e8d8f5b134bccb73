"""A tiny encyclopedia and a blob store in memory, for tests of what lies on top of sources."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image

from catalogs.digests import entity_id, sha256
from catalogs.records import Entity, EntityRef, Name, Origin, Passage
from sources.interface import GroundTruth, Harvested, Unusable

ORIGIN = Origin(url="https://example.org/wiki")


@dataclass
class MemoryBlobs:
    """Blobs by their SHA-256."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def put(self, data: bytes) -> str:
        self.kept[sha256(data)] = data
        return sha256(data)

    def get(self, sha: str) -> bytes:
        return self.kept[sha]


def png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (10, 120, 200)).save(out, "PNG")
    return out.getvalue()


def ref(title: str, domain: str = "food") -> EntityRef:
    return EntityRef(entity_id=entity_id(f"wikipedia:en:{title}"), domain=domain, title=title, locator=title)


@dataclass(frozen=True)
class TinyEncyclopedia:
    """Articles given as (title, text), every one with the same pictures."""

    articles: tuple[tuple[str, str], ...]
    pictures: tuple[bytes, ...] = ()
    refuses: bool = False
    name: str = "tiny"
    revision: str = "1"
    languages: tuple[str, ...] = ("en",)

    def survey(self) -> Iterator[EntityRef]:
        yield from (ref(title) for title, _ in self.articles)

    def harvest(self, ref: EntityRef) -> Harvested:
        if self.refuses:
            raise Unusable("disambiguation", f"{ref.title} may mean many things")
        passages = [
            passage for passage in self.documents("en") if passage.title == ref.title and passage.text
        ]
        entity = Entity(
            entity_id=ref.entity_id,
            title=ref.title,
            domain=ref.domain,
            category_rule="test",
            names=[Name(language="en", title=ref.title, noun=ref.title)],
            articles=passages,
        )
        return Harvested(entity, tuple(GroundTruth(data, ORIGIN) for data in self.pictures))

    def documents(self, language: str) -> Iterator[Passage]:
        for title, text in self.articles:
            yield Passage(title=title, language=language, text=text, origin=ORIGIN)
