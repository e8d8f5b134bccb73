"""Pictures of a source: found by words, by what they show, and by both; near duplicates by a picture."""

from __future__ import annotations

import io
import pickle
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from catalogs.records import Origin
from sources.search.folder import DamagedIndexError
from sources.search.pictures import Pictured, build_picture_index
from workers.image_text.drawings import plain, rasterise, read_svg
from workers.image_text.handle import ImageTextWorker
from workers.tools import FetchError, ImageHit

NONE: frozenset[str] = frozenset()
DRAWN = {"1F405": "tiger", "1F34E": "red apple", "1F68C": "bus", "1F3F0": "castle", "1F418": "elephant"}
"""OpenMoji hexcodes."""


def drawing(hexcode: str) -> bytes:
    out = io.BytesIO()
    plain(rasterise(read_svg(hexcode))).save(out, "PNG")
    return out.getvalue()


@dataclass(frozen=True)
class Folder:
    """A `PictureSource` of drawings; captions as given, file names that tell nothing."""

    captions: tuple[tuple[str, str], ...]
    revision: str = "1"
    name: str = "drawings"
    language: str = "en"

    def pictures(self) -> Iterator[Pictured]:
        for key, caption in self.captions:
            url = f"test:{key}"
            hit = ImageHit(
                rank=0, title="Thing", image_url=url, page_url="", caption=caption, origin=Origin(url=url)
            )
            yield Pictured(hit, {"caption": caption, "article": "Thing"})

    def fetch(self, image_url: str) -> bytes:
        key = image_url.removeprefix("test:")
        if key == "gone":
            raise FetchError("not-found", image_url)
        return b"<html>" if key == "broken" else drawing(key)


MUTE = Folder(tuple((code, "") for code in DRAWN))


def urls(hits: list[ImageHit]) -> list[str]:
    return [hit.image_url.removeprefix("test:") for hit in hits]


def test_captions_alone_load_no_model(tmp_path: Path) -> None:
    index = build_picture_index(tmp_path, Folder((("1F405", "a tiger"), ("1F34E", "老虎和苹果"))))
    assert urls(index.search("tigers", "en", 5, NONE)) == ["1F405"]
    assert urls(index.search("苹果", "zh", 5, NONE)) == ["1F34E"]
    assert urls(index.search("thing", "en", 1, frozenset({"test:1F34E"}))) == ["1F405"]
    assert index.resources is None
    assert index.similar(Image.new("RGB", (64, 64)), 3) == []
    assert index.fetch("test:1F405") == drawing("1F405")


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    return build_picture_index(tmp_path_factory.mktemp("seeing"), MUTE, ImageTextWorker())


def test_pictures_without_a_word_are_found_by_what_they_show(seeing) -> None:  # type: ignore[no-untyped-def]
    found = [urls(seeing.search(name, "en", 1, NONE))[0] for name in DRAWN.values()]
    assert sum(a == b for a, b in zip(found, DRAWN, strict=True)) >= 4
    assert len(seeing.search("tiger", "en", 8, NONE)) == len(DRAWN)
    assert urls(seeing.search("tiger", "en", 8, frozenset({"test:1F405"})))[0] != "1F405"
    assert seeing.search("", "en", 8, NONE) == []


def test_a_near_duplicate_is_found_by_the_picture(seeing) -> None:  # type: ignore[no-untyped-def]
    with Image.open(io.BytesIO(drawing("1F418"))) as image:
        copy = image.convert("RGB").resize((200, 200))
    found = seeing.similar(copy, 2)
    assert found[0][0].image_url == "test:1F418"
    assert found[0][1] > 0.95 > found[1][1]


def test_the_handle_travels_between_processes(seeing) -> None:  # type: ignore[no-untyped-def]
    assert pickle.loads(pickle.dumps(seeing)).search("bus", "en", 3, NONE) == seeing.search(
        "bus", "en", 3, NONE
    )


def test_words_and_features_are_fused(tmp_path: Path) -> None:
    source = Folder(
        (("1F405", "no. 1"), ("1F34E", "a tiger of cloth"), ("gone", "tiger"), ("broken", "tiger"))
    )
    index = build_picture_index(tmp_path, source, ImageTextWorker())
    found = urls(index.search("tiger", "en", 4, NONE))
    assert set(found) == {"1F405", "1F34E", "gone", "broken"}, "a list of words or of features is enough"
    assert found[0] == "1F34E", "both lists have it"
    assert index.revision != build_picture_index(tmp_path, source).revision


def test_a_damaged_picture_index_is_told_and_built_anew(tmp_path: Path) -> None:
    index = build_picture_index(tmp_path, MUTE, ImageTextWorker())
    (Path(index.features) / "rows").write_bytes(b"")
    with pytest.raises(DamagedIndexError, match="delete that folder and run again"):
        build_picture_index(tmp_path, MUTE, ImageTextWorker())
    shutil.rmtree(index.features)
    assert build_picture_index(tmp_path, MUTE, ImageTextWorker()) == index


def test_a_source_without_pictures(tmp_path: Path) -> None:
    assert build_picture_index(tmp_path, Folder(())).search("tiger", "en", 5, NONE) == []
