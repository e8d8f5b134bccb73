"""Real Wikipedia from an archive: entities with lead pictures, and search over pictures and text."""

from __future__ import annotations

import pickle
from collections import Counter

import pytest

from catalogs.digests import entity_id
from catalogs.records import EntityRef
from catalogs.stage import Kept, Outcome, Rejected, Row
from sources.harvest import Harvest
from sources.interface import World
from tests.sources.fakes import MemoryBlobs
from workers.pictures import picture_of
from workers.tools import FetchError

NONE: frozenset[str] = frozenset()


def harvest(world: World) -> dict[str, tuple[EntityRef, Outcome]]:
    stage, blobs = Harvest(world.encyclopedia), MemoryBlobs()
    return {
        ref.title: (ref, stage.each(Row(ref.entity_id, {"ref": ref}), blobs))
        for ref in world.encyclopedia.survey()
    }


@pytest.fixture(scope="module")
def harvested(old_world: World) -> dict[str, tuple[EntityRef, Outcome]]:
    return harvest(old_world)


def test_at_least_forty_entities_come_out_and_the_rest_says_why(
    harvested: dict[str, tuple[EntityRef, Outcome]],
) -> None:
    outcomes = [outcome for _, outcome in harvested.values()]
    assert len(outcomes) == 85
    assert sum(isinstance(outcome, Kept) for outcome in outcomes) >= 40
    reasons = Counter(outcome.reason for outcome in outcomes if isinstance(outcome, Rejected))
    assert set(reasons) <= {"no-category", "no-picture", "no-text", "picture-too-small"}


@pytest.mark.parametrize(
    ("title", "domain", "picture"),
    [
        ("Ray Charles", "celebrity", "zim:I/m/Ray_Charles_(cropped).jpg"),
        ("Quincy Jones", "celebrity", "zim:I/m/Quincy_Jones_May_2014.jpg"),
        ("Genius & Friends", "cultural-relic-art", "zim:I/m/Ray_Charles_-_Genius_&_Friends.jpg"),
    ],
)
def test_the_lead_picture_is_the_ground_truth(
    harvested: dict[str, tuple[EntityRef, Outcome]], title: str, domain: str, picture: str
) -> None:
    ref, outcome = harvested[title]
    assert isinstance(outcome, Kept)
    assert ref.domain == outcome.writes["entity"].domain == domain
    assert [found.origin.url for found in outcome.writes["ground_truth"]] == [picture]
    assert outcome.writes["entity"].category_rule.startswith("zim:")


def test_an_entity_is_the_same_in_every_source(harvested: dict[str, tuple[EntityRef, Outcome]]) -> None:
    assert harvested["Ray Charles"][0].entity_id == entity_id("wikipedia:en:Ray Charles")


def test_a_redirect_is_an_alias_unless_it_leads_to_something_else(
    harvested: dict[str, tuple[EntityRef, Outcome]],
) -> None:
    _, outcome = harvested["Ray Charles"]
    assert isinstance(outcome, Kept)
    aliases = outcome.writes["entity"].names[0].aliases
    assert "Ray Charles Robinson" in aliases
    assert "I Believe to My Soul" not in aliases


def test_text_and_pictures_say_where_they_come_from(harvested: dict[str, tuple[EntityRef, Outcome]]) -> None:
    _, outcome = harvested["Ray Charles"]
    assert isinstance(outcome, Kept)
    text = outcome.writes["entity"].articles[0]
    assert text.text.startswith(
        "Ray Charles Robinson (September 23, 1930 – June 10, 2004), professionally known"
    )
    assert text.origin.url == "https://en.wikipedia.org/wiki/Ray_Charles"
    assert (text.origin.licence, text.origin.fetched) == ("CC-BY-SA-3.0", "2015-06-02")
    picture = outcome.writes["ground_truth"][0]
    assert (picture.origin.licence, picture.caption) == ("", "Ray Charles in 1990")


def test_pictures_are_found_by_caption_and_article(old_world: World) -> None:
    hits = old_world.image_search.search("Quincy Jones", "en", 8, NONE)
    assert len(hits) == 8
    assert [hit.title for hit in hits[:3]] == ["Quincy Jones"] * 3
    assert hits[0].page_url == "https://en.wikipedia.org/wiki/Quincy_Jones"
    for hit in hits:
        assert picture_of(old_world.image_search.fetch(hit.image_url), hit.origin).width > 0


def test_a_second_search_goes_on(old_world: World) -> None:
    first = frozenset(hit.image_url for hit in old_world.image_search.search("Ray Charles", "en", 8, NONE))
    second = old_world.image_search.search("Ray Charles statue", "en", 8, first)
    assert len(second) == 8
    assert not first & {hit.image_url for hit in second}
    assert [hit.rank for hit in second] == list(range(1, 9))


def test_an_address_that_is_not_in_the_archive(old_world: World) -> None:
    with pytest.raises(FetchError) as error:
        old_world.image_search.fetch("zim:I/m/none.jpg")
    assert error.value.kind == "not-found"


def test_text_search_covers_the_sections_of_every_article(old_world: World) -> None:
    hit = old_world.text_search.search("Ray Charles childhood Greenville Florida Red Wing Cafe", "en", 3)[0]
    assert hit.passage.title == "Ray Charles"
    assert hit.passage.origin.url == "https://en.wikipedia.org/wiki/Ray_Charles#Life_and_career"


def test_the_handles_travel_between_processes(old_world: World) -> None:
    copy = pickle.loads(pickle.dumps(old_world))
    assert copy.image_search.search("Betty Carter", "en", 2, NONE) == old_world.image_search.search(
        "Betty Carter", "en", 2, NONE
    )
    assert copy.encyclopedia.revision == old_world.encyclopedia.revision


def test_an_archive_without_namespaces_works_the_same(new_world: World) -> None:
    outcomes = harvest(new_world)
    ref, outcome = outcomes["Crêpe"]
    assert isinstance(outcome, Kept)
    assert (ref.domain, outcome.writes["entity"].names[0].aliases) == ("food", ["Crepe (crêpe)"])
    assert outcome.writes["ground_truth"][0].caption == "A plain crêpe"
    assert outcome.writes["entity"].articles[0].origin.licence == "CC-BY-SA-4.0"
    _, rejected = outcomes["Pancake"]
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "no-picture"
    found = new_world.image_search.search("pan for crêpes", "en", 8, NONE)
    assert [hit.image_url for hit in found] == ["zim:_assets_/pan.png", "zim:_assets_/crêpe.png"]
