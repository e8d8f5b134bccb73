"""A category of a live wiki as an encyclopedia."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from catalogs.records import EntityRef, Redirects
from sources.fetching.failures import AddressError
from sources.fetching.web import ApiError
from sources.interface import Harvested, Unusable
from sources.mediawiki.api import LONGEST_TITLES, batches
from sources.mediawiki.encyclopedia import MediaWikiEncyclopedia
from tests.fakes import Faults, serving
from tests.fakes.faults import OVER_HTTP
from tests.fakes.http import Reply, Request
from tests.fakes.routes import MAXLAG
from tests.sources.wikimedia import Wikimedia


def read(
    fake: Wikimedia, folder: Path, *, whole: bool = False
) -> tuple[MediaWikiEncyclopedia, dict[str, EntityRef]]:
    source = MediaWikiEncyclopedia(fake.sites(str(folder)), "en", "Donburi", whole=whole)
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


class Lagging(Wikimedia):
    """Says ``maxlag`` as MediaWiki does: with status 200 and a Retry-After."""

    def answer(self, request: Request) -> Reply:
        self.asked["api"] += 1
        return Reply(MAXLAG.body, MAXLAG.media_type, headers={"Retry-After": "3600"})


def test_a_lagging_wiki_is_left_alone_by_all_requests_and_not_only_by_the_one_it_refused(
    tmp_path: Path,
) -> None:
    with serving(Lagging()) as fake:
        wiki = fake.sites(str(tmp_path)).wiki("en")
        for title in ("Katsudon", "Oyakodon"):
            with pytest.raises(ApiError, match="without requests") as caught:
                wiki.ask(action="query", titles=title)
            assert caught.value.kind == "busy"
        assert fake.asked["api"] == 1


def test_one_fault_in_five_loses_nothing(tmp_path: Path) -> None:
    """Of the Action API, the REST API, the query service, Commons and pictures, in every way there is."""
    made: set[str] = set()
    with serving(Wikimedia()) as whole:
        source, refs = read(whole, tmp_path / "whole", whole=True)
        texts = [passage.text for passage in source.documents("en")]
        for seed in range(6):
            faults = Faults(rate=0.2, seed=seed)
            with serving(Wikimedia(faults=faults)) as broken:
                shaken, same = read(broken, tmp_path / str(seed), whole=True)
                assert same == refs
                assert [passage.text for passage in shaken.documents("en")] == texts
                for title in ("Katsudon", "Sakana-kun"):
                    pictures = [harvested(one, refs[title]).pictures for one in (shaken, source)]
                    assert pictures[0][0].data == pictures[1][0].data
            made |= set(faults.made)
    assert made == set(OVER_HTTP)


def harvested(source: MediaWikiEncyclopedia, ref: EntityRef) -> Harvested:
    """As runs of the engine do: what failed is taken up by the next one, three times at most."""
    for _ in range(3):
        with suppress(AddressError):
            return source.harvest(ref)
    raise AssertionError(f"{ref.title} is lost")


def test_an_entity_says_what_others_call_it_and_how_well_known_it_is(tmp_path: Path) -> None:
    with serving(Wikimedia()) as fake:
        source, refs = read(fake, tmp_path)
        ref = refs["Katsudon"]
        assert ref.identifiers == {"enwiki": "Katsudon", "jawiki": "丼", "wikidata": "Q1"}
        assert (ref.page_views, ref.languages) == (5, ["en"])
        entity = source.harvest(ref).entity
        assert (entity.identifiers, entity.page_views) == (ref.identifiers, 5)
        assert entity.redirects == [Redirects(language="en", titles=["Katsudon (dish)"])]


def test_a_wiki_without_extracts_gives_leads_from_its_articles(tmp_path: Path) -> None:
    with serving(Wikimedia(has_extracts=False)) as fake:
        source, refs = read(fake, tmp_path)
        assert source.harvest(refs["Katsudon"]).entity.articles[0].text == "Katsudon is a dish of rice."
        assert len(list(source.documents("en"))) == 4
        assert fake.asked["html"] == 4, "each article once"


def test_whole_articles_are_indexed_where_asked_for(tmp_path: Path) -> None:
    with serving(Wikimedia()) as fake:
        source, _ = read(fake, tmp_path, whole=True)
        found = {(passage.title, passage.heading): passage.text for passage in source.documents("en")}
        assert found["Katsudon", "History"] == "It is old."
        assert found["Katsudon", ""] == "Katsudon is a dish of rice."


def test_titles_in_any_script_fit_into_an_address() -> None:
    titles = [f"{'बाघ' * 8} {number}" for number in range(120)]
    found = list(batches(titles))
    assert [title for batch in found for title in batch] == titles
    assert max(len(quote("|".join(batch))) for batch in found) <= LONGEST_TITLES
    assert [len(batch) for batch in batches(map(str, range(120)))] == [50, 50, 20]
    assert list(batches(["a" * 9000, "b"])) == [("a" * 9000,), ("b",)]


class WithRedirect(Wikimedia):
    """A category that lists a redirect to an article beside the article, as many do."""

    def _categorymembers(self, query: dict[str, str]) -> dict[str, Any]:
        return {"query": {"categorymembers": [{"ns": 0, "title": t} for t in ("Katsu bowl", "Katsudon")]}}

    def _extracts(self, query: dict[str, str]) -> dict[str, Any]:
        found = super()._extracts({**query, "titles": "Katsudon"})
        found["query"]["redirects"] = [{"from": "Katsu bowl", "to": "Katsudon"}]
        return found


def test_an_article_is_listed_once(tmp_path: Path) -> None:
    with serving(WithRedirect()) as fake:
        source = MediaWikiEncyclopedia(fake.sites(str(tmp_path)), "en", "Donburi")
        assert [ref.title for ref in source.survey()] == ["Katsudon"]
        assert [one.title for one in source.documents("en")] == ["Katsudon"]
        assert source.harvest(next(source.survey())).entity.title == "Katsudon"
