"""One entity from many sources: what is taken from whom, and the sources of this project put together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest

from catalogs.digests import entity_id
from catalogs.records import EntityRef
from catalogs.stage import Rejected, Resources, Row
from sources.entities.merged import MergedEncyclopedia
from sources.entities.opening import specs_of
from sources.entities.searching import MergedImages, MergedText
from sources.harvest import Harvest
from sources.interface import Harvested, Unusable, World
from sources.no_pictures import NoPictures
from sources.registry import open_world
from tests.sources.entities.world import Shelf, Thing
from tests.sources.fakes import MemoryBlobs
from tests.sources.wikidata.dumps import item, write_dump
from tests.sources.zim.conftest import new_archive, new_world
from workers.tools import HasPages

__all__ = ["new_archive", "new_world"]

ZIM = Shelf(
    "zim",
    (
        Thing(
            "wikipedia:en:Katsudon",
            "Katsudon",
            "cultural-relic-art",
            text="A bowl.",
            aliases=("Katsu-don",),
            redirects=("Katsu-don", "Pork bowl"),
            picture=200,
        ),
        Thing("wikipedia:en:Thor", "Thor", "uncategorised", text="A god.", picture=150),
        Thing("wikipedia:en:Busted", "Busted", "cultural-relic-art", text="A song."),
    ),
)
WIKIDATA = Shelf(
    "wikidata-dump",
    (
        Thing(
            "wikidata:Q1001",
            "katsudon",
            "food",
            (("wikidata", "Q1001"), ("enwiki", "Katsudon"), ("babelnet", "bn:7n")),
            text="rice",
            country="JP",
            sitelinks=3,
            picture=300,
        ),
        Thing("wikidata:Q1006", "Thor", "mythology", (("wikidata", "Q1006"), ("enwiki", "Thor"))),
    ),
    ("en", "fr"),
)
BABELNET = Shelf(
    "babelnet",
    (Thing("babelnet:bn:7n", "カツ丼", "comic", language="ja", text="丼", aliases=("katsudon",)),),
    ("ja",),
)
MERGED = MergedEncyclopedia((ZIM, WIKIDATA, BABELNET))


def by_title(source: MergedEncyclopedia = MERGED) -> dict[str, EntityRef]:
    return {ref.title: ref for ref in source.survey()}


def test_an_entity_is_surveyed_once_with_what_all_sources_know() -> None:
    assert list(by_title()) == ["Katsudon", "Thor", "Busted"]
    ref = by_title()["Katsudon"]
    assert ref.entity_id == entity_id("wikipedia:en:Katsudon")
    assert ref.identifiers == {"wikidata": "Q1001", "enwiki": "Katsudon", "babelnet": "bn:7n"}
    assert (ref.country, ref.sitelinks, ref.languages) == ("JP", 3, ["en", "ja"])


def test_who_knows_best_decides_the_category_and_the_others_are_recorded() -> None:
    ref = by_title()["Katsudon"]
    found = MERGED.harvest(ref).entity
    assert (ref.domain, found.domain, found.category_rule) == ("food", "food", "wikidata-dump:rule")
    assert found.category_conflicts == ["cultural-relic-art by zim:rule", "comic by babelnet:rule"]
    assert by_title()["Thor"].domain == "mythology", "no category is no opinion"


def test_the_first_source_wins_texts_and_titles_and_the_others_add_names_and_pictures() -> None:
    found = MERGED.harvest(by_title()["Katsudon"])
    entity = found.entity
    assert [(name.language, name.title, name.aliases) for name in entity.names] == [
        ("en", "Katsudon", ["Katsu-don", "katsudon"]),
        ("ja", "カツ丼", ["katsudon"]),
    ]
    assert [(one.language, one.text) for one in entity.articles] == [("en", "A bowl."), ("ja", "丼")]
    assert [(one.language, one.titles) for one in entity.redirects] == [("en", ["Katsu-don", "Pork bowl"])]
    assert [picture.origin.url for picture in found.pictures] == ["zim:Katsudon", "wikidata-dump:katsudon"]


def test_the_order_of_sources_changes_who_wins_and_not_what_is_one_entity() -> None:
    turned = MergedEncyclopedia((BABELNET, WIKIDATA, ZIM))
    assert {ref.entity_id for ref in turned.survey()} == {ref.entity_id for ref in MERGED.survey()}
    assert turned.revision != MERGED.revision
    assert {ref.domain for ref in turned.survey()} == {ref.domain for ref in MERGED.survey()}


def test_a_source_that_refuses_leaves_the_entity_to_the_others() -> None:
    refuses = Shelf("zim", (Thing("wikipedia:en:Katsudon", "Katsudon", refuses="disambiguation"),))
    merged = MergedEncyclopedia((refuses, WIKIDATA))
    assert merged.harvest(by_title(merged)["Katsudon"]).entity.articles[0].text == "rice"
    alone = MergedEncyclopedia((refuses, Shelf("list", ())))
    with pytest.raises(Unusable, match="disambiguation"):
        alone.harvest(by_title(alone)["Katsudon"])


@dataclass(frozen=True)
class Choosing(Shelf):
    """A shelf that knows beforehand what it refuses."""

    def refusal(self, ref: EntityRef) -> Unusable | None:
        thing = next(one for one in self.things if one.canonical == ref.locator)
        return Unusable(thing.refuses) if thing.refuses else None


@dataclass(frozen=True)
class Licensed(Shelf):
    """A shelf whose pictures nobody may use."""

    bare: bool = False

    def without_pictures(self) -> Shelf:
        return Licensed(self.name, self.things, bare=True)

    def harvest(self, ref: EntityRef) -> Harvested:
        if not self.bare:
            raise Unusable("unusable-licence")
        return replace(super().harvest(ref), pictures=())


def test_a_list_that_no_category_fits_is_rejected_as_a_list() -> None:
    listed = Choosing(
        "dump", (Thing("wikipedia:en:Bowls", "Bowls", "uncategorised", refuses="list-article", text="*"),)
    )
    for others in (), (Shelf("wikidata-dump", ()),):
        merged = MergedEncyclopedia((listed, *others))
        outcome = Harvest(merged).each(Row("k", {"ref": by_title(merged)["Bowls"]}), MemoryBlobs())
        assert isinstance(outcome, Rejected)
        assert outcome.reason == "list-article"
    described = MergedEncyclopedia(
        (listed, Shelf("zim", (Thing("wikipedia:en:Bowls", "B", "uncategorised"),)))
    )
    assert described.refusal(by_title(described)["Bowls"]) is None, "another source describes it"


def test_why_there_is_no_picture_is_told_by_the_source_that_has_one() -> None:
    bare = Shelf("dump", (Thing("wikipedia:en:Katsudon", "Katsudon", text="A bowl."),))
    licensed = Licensed("wikidata-dump", WIKIDATA.things)
    merged = MergedEncyclopedia((bare, licensed))
    outcome = Harvest(merged).each(Row("k", {"ref": by_title(merged)["Katsudon"]}), MemoryBlobs())
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "unusable-licence"
    pictured = MergedEncyclopedia((ZIM, licensed))
    assert len(pictured.harvest(by_title(pictured)["Katsudon"]).pictures) == 1, "a picture of another will do"


def test_two_items_that_one_page_claims_stay_two_entities_with_ids_of_their_own() -> None:
    twice = Shelf(
        "wikidata-dump",
        (
            Thing("wikidata:Q1", "one", identifiers=(("wikidata", "Q1"), ("enwiki", "Katsudon"))),
            Thing("wikidata:Q2", "two", identifiers=(("wikidata", "Q2"), ("enwiki", "Katsudon"))),
        ),
    )
    ids = [ref.entity_id for ref in MergedEncyclopedia((ZIM, twice)).survey()]
    assert len(ids) == len(set(ids)) == 4


def test_sources_are_written_in_one_text_or_as_a_list() -> None:
    assert specs_of("zim:a b.zim + wikidata-dump:c+d.json") == ["zim:a b.zim", "wikidata-dump:c+d.json"]
    assert specs_of(["sample", "list:x"]) == ["sample", "list:x"]


@pytest.fixture(scope="module")
def archive_and_dump(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("merged")
    crepe = item(
        "Q12200",
        {"en": "crêpe", "fr": "crêpe", "hi": "क्रेप"},
        claims={"P31": ["Q746549"], "P495": ["Q142"]},
        links={"enwiki": "Crêpe", "frwiki": "Crêpe"},
        descriptions={"fr": "galette fine"},
    )
    france = item("Q142", {"en": "France"}, claims={"P31": ["Q6256"], "P297": ["FR"]})
    dump = write_dump(folder / "all.json.gz", (crepe, france))
    sources = [f"zim:{new_archive}", f"wikidata-dump:{dump}?pictures=none"]
    return open_world(sources, seed=1, index_root=folder / "index")


def test_an_archive_and_a_dump_describe_one_entity(archive_and_dump: World) -> None:
    world = archive_and_dump
    refs = {ref.title: ref for ref in world.encyclopedia.survey()}
    assert list(refs) == ["Crêpe", "Pancake"]
    ref = refs["Crêpe"]
    assert (ref.country, ref.sitelinks, ref.identifiers["wikidata"]) == ("FR", 2, "Q12200")
    found = world.encyclopedia.harvest(ref)
    assert [name.language for name in found.entity.names] == ["en", "fr", "hi"]
    assert [article.language for article in found.entity.articles] == ["en", "fr"]
    assert len(found.pictures) == 1


def test_both_are_searched(archive_and_dump: World) -> None:
    world = archive_and_dump
    assert world.text_search.search("batter", "en", 2)[0].passage.title == "Crêpe"
    assert world.text_search.search("galette", "fr", 2)[0].passage.title == "crêpe"
    (hit,) = world.image_search.search("crêpe plain", "en", 1, frozenset())
    assert world.image_search.fetch(hit.image_url)


def test_a_passage_that_two_indexes_find_stands_once_and_first(archive_and_dump: World) -> None:
    text = archive_and_dump.text_search
    both = MergedText((text, text))
    assert [hit.passage for hit in both.search("cake", "en", 9)] == [
        hit.passage for hit in text.search("cake", "en", 9)
    ]
    images = MergedImages((NoPictures(), archive_and_dump.image_search))
    hits = images.search("crêpe", "en", 2, frozenset())
    assert [hit.rank for hit in hits] == [1, 2]
    assert not images.search("crêpe", "en", 2, frozenset(hit.image_url for hit in hits))


def test_a_page_is_read_from_the_source_that_holds_it(archive_and_dump: World) -> None:
    search = archive_and_dump.text_search
    assert isinstance(search, HasPages)
    found = search.search("galette", "fr", 1)[0].passage
    page = search.page(found.origin.url)
    assert page is not None
    assert page.origin == found.origin
    assert search.page("https://example.org/nowhere") is None


def test_merged_pictures_need_what_their_parts_need() -> None:
    @dataclass(frozen=True)
    class Embedding(NoPictures):
        resources: ClassVar = Resources(cpus=2, gpus=0.5, memory_gib=3)

    assert MergedImages((NoPictures(), Embedding())).resources == Resources(2, 0.5, 3)
    assert MergedImages((NoPictures(),)).resources == Resources(0, 0, 0)
