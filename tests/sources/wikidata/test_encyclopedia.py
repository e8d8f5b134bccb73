"""Items of Wikidata as an encyclopedia, and the table that gives them a category."""

from __future__ import annotations

from pathlib import Path

from catalogs.categories import CATEGORIES
from sources.wikidata.classes import decide, table
from sources.wikidata.encyclopedia import WikidataEncyclopedia
from sources.wikidata.items import items
from tests.fakes import Faults, serving
from tests.sources.wikimedia import Wikimedia


def test_every_category_has_a_class_and_no_class_two() -> None:
    assert {row.category for row in table()} == set(CATEGORIES)
    assert len({row.qid for row in table()}) == len(table())


def test_the_first_row_that_fits_decides_and_conflicts_are_told() -> None:
    category = decide(["Q1569167", "Q178885", "Q42"])
    assert (category.domain, category.rule) == ("mythology", "wikidata:Q178885 deity")
    assert category.conflicts == ("game by wikidata:Q1569167 video game character",)
    assert decide(["Q42"]).domain == "uncategorised"


def test_items_bring_names_pictures_country_and_popularity(tmp_path: Path) -> None:
    with serving(Wikimedia()) as fake:
        found = items(fake.sites(str(tmp_path)).web, ["Q1", "Q99"], fake.sites(str(tmp_path)).wikidata)
        assert list(found) == ["Q1"]
        item = found["Q1"]
        assert (item.title, item.labels["fr"], item.aliases["en"]) == (
            "Katsudon",
            "katsudon",
            ("Katsudon bowl",),
        )
        assert item.pictures == ("Katsudon.jpg",)
        assert item.countries == ("Q17", "Q148"), "preferred first, deprecated left out"
        assert (item.sitelinks, item.articles) == (2, {"en": "Katsudon"})


def test_one_fault_in_five_of_items_queries_leads_and_files_loses_nothing(tmp_path: Path) -> None:
    """The query service, Wikidata's own interface, a Wikipedia and Commons, all at once."""
    faults = Faults(rate=0.2, seed=8)
    with serving(Wikimedia()) as whole, serving(Wikimedia(faults=faults)) as broken:
        found = []
        for fake, folder in ((whole, "whole"), (broken, "broken")):
            source = WikidataEncyclopedia(fake.sites(str(tmp_path / folder)), ("Q746549",), ("en", "fr"))
            refs = list(source.survey())
            texts = [passage.text for passage in source.documents("en")]
            found.append((refs, texts))
        assert found[0] == found[1]
        assert faults.made


def test_instances_of_a_class_are_harvested(tmp_path: Path) -> None:
    with serving(Wikimedia()) as fake:
        source = WikidataEncyclopedia(fake.sites(str(tmp_path)), ("Q746549",), ("en", "fr"))
        refs = {ref.title: ref for ref in source.survey()}
        assert set(refs) == {"Katsudon", "Oyakodon"}
        assert refs["Katsudon"].identifiers == {"wikidata": "Q1", "enwiki": "Katsudon"}
        assert (refs["Katsudon"].sitelinks, refs["Katsudon"].country) == (2, "Q17")
        found = source.harvest(refs["Katsudon"])
        assert found.entity.identifiers == refs["Katsudon"].identifiers
        assert [name.language for name in found.entity.names] == ["en", "fr"]
        assert found.entity.articles[0].title == "Katsudon"
        assert found.pictures[0].data.startswith(b"\x89PNG")
        assert refs["Katsudon"].identifiers == {"wikidata": "Q1", "enwiki": "Katsudon"}
        assert (found.entity.country, found.entity.sitelinks) == ("Q17", 2)
