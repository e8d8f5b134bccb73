"""A category of a live wiki as an encyclopedia."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.records import EntityRef
from sources.interface import Unusable
from sources.mediawiki.encyclopedia import MediaWikiEncyclopedia
from tests.fakes import Faults, serving
from tests.sources.wikimedia import Wikimedia


def read(fake: Wikimedia, folder: Path) -> tuple[MediaWikiEncyclopedia, dict[str, EntityRef]]:
    source = MediaWikiEncyclopedia(fake.sites(str(folder)), "en", "Donburi")
    return source, {ref.title: ref for ref in source.survey()}


def test_articles_are_described_from_batches(tmp_path: Path) -> None:
    with serving(Wikimedia()) as fake:
        source, refs = read(fake, tmp_path)
        assert {title: ref.domain for title, ref in refs.items()} == {
            "Katsudon": "food",
            "Oyakodon": "food",
            "Sakana-kun": "celebrity",
            "Tendon": "uncategorised",
        }
        found = source.harvest(refs["Katsudon"])
        assert found.entity.category_rule == "wikidata:Q746549 dish"
        assert found.entity.articles[0].text == "Katsudon is a thing of its own."
        assert found.entity.articles[0].origin.revision == "7"
        assert found.entity.names[0].aliases == ["Katsudon (dish)"], (
            "what a second answer continues is put in"
        )
        assert found.pictures[0].origin.licence == "CC-BY-SA-4.0"
        assert found.pictures[0].origin.author == "Aki & Co; Own work"
        assert fake.asked["extracts"] == 2, "four articles, one batch and its continuation"
        assert [passage.title for passage in source.documents("en")] == sorted(refs)


def test_a_picture_without_a_usable_licence_is_rejected_with_that_reason(tmp_path: Path) -> None:
    with serving(Wikimedia()) as fake:
        source, refs = read(fake, tmp_path)
        with pytest.raises(Unusable) as caught:
            source.harvest(refs["Oyakodon"])
        assert caught.value.reason == "unusable-licence"
        assert source.harvest(refs["Tendon"]).pictures == ()


def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    with serving(Wikimedia()) as fake:
        first, refs = read(fake, tmp_path)
        before = dict(fake.asked)
        again, same = read(fake, tmp_path)
        assert same == refs
        assert first.revision == again.revision
        assert dict(fake.asked) == before


def test_a_lagging_wiki_is_waited_for(tmp_path: Path) -> None:
    with serving(Wikimedia(lagging=3)) as fake:
        _, refs = read(fake, tmp_path)
        assert len(refs) == 4


def test_one_fault_in_five_loses_nothing(tmp_path: Path) -> None:
    faults = Faults(rate=0.2, seed=5, kinds=("429", "500", "cut", "half"))
    with serving(Wikimedia()) as whole, serving(Wikimedia(faults=faults)) as broken:
        source, refs = read(whole, tmp_path / "whole")
        shaken, same = read(broken, tmp_path / "broken")
        assert same == refs
        assert (
            shaken.harvest(refs["Katsudon"]).pictures[0].data
            == source.harvest(refs["Katsudon"]).pictures[0].data
        )
