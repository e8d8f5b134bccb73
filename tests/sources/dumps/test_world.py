"""A world out of dumps of five editions: entities, pictures, search."""

from __future__ import annotations

import pickle
import tarfile
from collections import Counter
from pathlib import Path

import pytest

from catalogs.records import EntityRef
from catalogs.stage import Kept, Outcome, Rejected, Row
from sources.dumps.article import Article
from sources.dumps.categories import category_of
from sources.dumps.pictures import Pictures
from sources.errors import UnknownSourceError
from sources.harvest import Harvest
from sources.interface import World
from sources.registry import open_world
from tests.sources.fakes import MemoryBlobs
from workers.tools import FetchError


@pytest.fixture(scope="module")
def harvested(world: World) -> list[tuple[EntityRef, Outcome]]:
    stage, blobs = Harvest(world.encyclopedia), MemoryBlobs()
    refs = world.encyclopedia.survey()
    return [(ref, stage.each(Row(ref.entity_id, {"ref": ref}), blobs)) for ref in refs]


def test_entities_have_names_and_texts_in_five_scripts(harvested: list[tuple[EntityRef, Outcome]]) -> None:
    kept = [outcome.writes["entity"] for _, outcome in harvested if isinstance(outcome, Kept)]
    assert {name.language for entity in kept for name in entity.names} == {"ar", "en", "hi", "ru", "zh"}
    both = next(entity for entity in kept if {"enwiki", "ruwiki"} <= set(entity.identifiers))
    assert both.names[0].language == "en"
    assert len(both.articles) == len(both.names) > 1
    assert both.redirects
    assert len({ref.entity_id for ref, _ in harvested}) == len(harvested)
    reasons = Counter(outcome.reason for _, outcome in harvested if isinstance(outcome, Rejected))
    assert set(reasons) == {"disambiguation", "list-article", "no-picture"}


def test_text_and_pictures_say_where_they_come_from(harvested: list[tuple[EntityRef, Outcome]]) -> None:
    outcome = next(outcome for _, outcome in harvested if isinstance(outcome, Kept))
    article = outcome.writes["entity"].articles[0]
    assert article.origin.url.startswith(f"https://{article.language}.wikipedia.org/wiki/")
    assert (article.origin.licence, article.origin.fetched) == ("CC-BY-SA-4.0", "2026-01-01")
    assert article.origin.revision.isdigit()
    picture = outcome.writes["ground_truth"][0]
    assert (picture.origin.licence, picture.origin.author) == ("CC-BY-SA-4.0", "OpenMoji")
    assert "File:" in picture.origin.url


def test_the_other_pictures_of_an_entity_are_found(
    world: World, harvested: list[tuple[EntityRef, Outcome]]
) -> None:
    entity = next(
        o.writes["entity"] for _, o in harvested if isinstance(o, Kept) and o.writes["entity"].name("en")
    )
    hits = world.image_search.search(entity.title, "en", 5, frozenset())
    assert len(hits) == 5
    assert {hit.title for hit in hits} <= {name.title for name in entity.names}
    assert world.image_search.fetch(hits[0].image_url).startswith(b"\xff\xd8")
    with pytest.raises(FetchError):
        world.image_search.fetch("dump:None.jpg")
    assert world.text_search.search(entity.title, "en", 3)[0].passage.title == entity.title


def test_pictures_are_told_of_in_every_language_that_shows_them(
    world: World, harvested: list[tuple[EntityRef, Outcome]]
) -> None:
    names = [name for _, o in harvested if isinstance(o, Kept) for name in o.writes["entity"].names]
    assert {name.language for name in names} == {"ar", "en", "hi", "ru", "zh"}
    for name in names:
        hits = world.image_search.search(name.title, name.language, 5, frozenset())
        told = [hit for hit in hits if name.title in f"{hit.title} {hit.caption}"]
        assert len(told) >= 4, (name, hits)


def test_the_handles_travel_between_processes(world: World) -> None:
    copy = pickle.loads(pickle.dumps(world))
    assert copy.encyclopedia.revision == world.encyclopedia.revision
    assert next(copy.encyclopedia.survey()) == next(world.encyclopedia.survey())


def test_pictures_in_a_tar(generated: Path, tmp_path: Path) -> None:
    folder = generated.parent / "pictures"
    name = next(one.name for one in sorted(folder.iterdir()) if one.suffix == ".jpg")
    with tarfile.open(tmp_path / "pictures.tar", "w") as archive:
        archive.add(folder / name, f"some/where/{name.replace(' ', '_')}")
    pictures = Pictures(str(tmp_path / "pictures.tar"))
    assert name in pictures
    assert pictures.read(name) == (folder / name).read_bytes()


@pytest.mark.parametrize("argument", ["", "x?images=y", "x?pictures="])
def test_how_a_dump_is_written(argument: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownSourceError, match=r"dump:PATH\?pictures=FOLDER"):
        open_world(f"dump:{argument}", seed=0, index_root=tmp_path)


@pytest.mark.parametrize(
    ("language", "category", "box", "domain"),
    [
        ("ru", "Мосты Кента", "", "landmark"),
        ("ar", "أطباق مغربية", "", "food"),
        ("zh", "日本乐器", "", "cultural-relic-art"),
        ("hi", "भारत के पक्षी", "", "animal-plant"),
        ("ru", "", "таксон", "animal-plant"),
        ("de", "Something", "", "uncategorised"),
    ],
)
def test_categories_of_other_languages(language: str, category: str, box: str, domain: str) -> None:
    page = Article(lead="x", infobox=box, categories=(category,) if category else ())
    assert category_of("T", page, language).domain == domain
