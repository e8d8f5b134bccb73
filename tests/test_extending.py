"""What docs/extending.md promises: a part is a short class and its registration, and then it is picked up.

Each class here is a whole added part, as a newcomer would write it. A format of export is added in
`tests.catalogs.exports.test_adding_a_format`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from catalogs.digests import digest, entity_id, rounded
from catalogs.records import COLUMNS, Entity, EntityRef, Name, Origin, Passage, PictureScores
from filters.base import PictureFilter, ScoredPicture
from filters.hygiene import Hygiene
from filters.pictures import decode
from pipelines.engine.graph import Graph, GraphError
from sources.interface import GroundTruth, Harvested, Opened, Unusable
from sources.no_pictures import NoPictures
from sources.registry import SOURCES, Place, open_world
from sources.text_index import build_text_index
from tests.filters.rows import MemoryBlobs, after, candidate, drawing, encoded, row_of, values_of
from verifiers.draw import DrawTests
from workers.drawing.interface import Drawer, DrawingRequest


class Brightness(PictureFilter):
    """A filter: `grey`, mean grey level 0..255."""

    name, version = "brightness", "1"
    reads: ClassVar[tuple[str, ...]] = ("image_trace", "hygiene")
    optional = ("brightness", "references")
    writes = ("brightness",)

    def score_one(self, picture: ScoredPicture) -> PictureScores:
        grey = np.asarray(decode(picture.data).convert("L"))
        return PictureScores(sha256=picture.sha256, values={"grey": rounded(float(grey.mean()), 1)})


def test_a_filter_scores_every_candidate_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COLUMNS, "brightness", list[PictureScores])
    blobs = MemoryBlobs()
    grounds = ("white", "black")
    row = row_of([candidate(blobs, encoded(drawing(ground=ground))) for ground in grounds])
    light, dark = values_of(after(row, blobs, Hygiene(), Brightness()), "brightness")
    assert light["grey"] > dark["grey"]
    Graph([Hygiene(), Brightness()], given=("image_trace",))


def test_a_column_that_is_not_declared_is_named() -> None:
    with pytest.raises(GraphError, match=r"brightness.*catalogs\.records\.COLUMNS"):
        Graph([Hygiene(), Brightness()], given=("image_trace",))


@dataclass(frozen=True)
class Notes:
    """A source: texts and pictures beside them, in one folder."""

    folder: str
    name: str = "notes"
    languages: tuple[str, ...] = ("en",)

    @property
    def revision(self) -> str:
        return digest("".join(path.read_text() for path in self._texts()))[:12]

    def survey(self) -> Iterator[EntityRef]:
        for path in self._texts():
            yield EntityRef(entity_id=entity_id(path.stem), domain="toy", title=path.stem, locator=path.name)

    def harvest(self, ref: EntityRef) -> Harvested:
        path = Path(self.folder, ref.locator)
        picture = path.with_suffix(".png")
        if not picture.exists():
            raise Unusable("no-picture", f"there is no {picture.name}")
        name = Name(language="en", title=ref.title, noun=ref.title.lower())
        entity = Entity(
            entity_id=ref.entity_id, title=ref.title, domain=ref.domain, category_rule="notes",
            names=[name], articles=[_passage(path)],
        )  # fmt: skip
        return Harvested(entity, (GroundTruth(picture.read_bytes(), _origin(picture)),))

    def documents(self, language: str) -> Iterator[Passage]:
        return map(_passage, self._texts())

    def _texts(self) -> list[Path]:
        return sorted(Path(self.folder).glob("*.txt"))


def _passage(path: Path) -> Passage:
    return Passage(title=path.stem, language="en", text=path.read_text(), origin=_origin(path))


def _origin(path: Path) -> Origin:
    return Origin(url=f"notes:{path.name}", licence="CC0-1.0", author="me")


def open_notes(argument: str, place: Place) -> Opened:
    notes = Notes(argument)
    return Opened("notes", notes, partial(build_text_index, place.index_root, notes), NoPictures)


def test_a_source_is_opened_by_its_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "notes", open_notes)
    (tmp_path / "Yo-yo.txt").write_text("A yo-yo is a toy of two discs and a string.")
    (tmp_path / "Yo-yo.png").write_bytes(encoded(drawing()))
    (tmp_path / "Top.txt").write_text("A top spins.")
    world = open_world(f"notes:{tmp_path}", seed=0, index_root=tmp_path / "index")
    top, yoyo = world.encyclopedia.survey()
    assert world.encyclopedia.harvest(yoyo).pictures
    with pytest.raises(Unusable, match="no-picture"):
        world.encyclopedia.harvest(top)
    assert world.text_search.search("two discs", "en", 1)[0].passage.title == "Yo-yo"


@dataclass(frozen=True)
class Blank:
    """A worker: it draws nothing, always the same way."""

    name: str = "blank"
    revision: str = "1"
    draws_from_text: bool = True

    def load(self) -> Drawer:
        return self

    def draw(self, requests: Sequence[DrawingRequest]) -> list[bytes]:
        return [encoded(drawing()) for _ in requests]


def test_a_worker_is_part_of_what_its_stage_declares() -> None:
    assert DrawTests(Blank()).declaration()["models"] == {"drawer": "blank@1"}
    assert DrawTests(Blank()).fingerprint != DrawTests(Blank(revision="2")).fingerprint
