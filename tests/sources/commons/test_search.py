"""Searching Commons with many dialogues in flight: one thread, one request after the other, patiently."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from annotators.fetching import Fetcher
from annotators.requests import looking
from catalogs.records import Candidate
from catalogs.tombstones import Tombstones
from sources.commons.search import CommonsImages
from sources.entities.searching import MergedImages, merged_images
from sources.forgotten import without
from sources.interface import World
from sources.no_pictures import NoPictures
from tests.fakes import Faults, serving
from tests.sources.fakes import MemoryBlobs, TinyEncyclopedia
from tests.sources.wikimedia import Wikimedia
from workers.endpoint.loop import all_of, start
from workers.tools import FetchError, ImageHit, ImageSearch, RemoteImageSearch

MANY = 60


def commons(fake: Wikimedia, folder: Path) -> CommonsImages:
    sites = fake.sites(str(folder))
    return CommonsImages(sites.web, sites.commons)


def looked_for(search: ImageSearch, number: int = MANY) -> list[list[ImageHit]]:
    """What as many dialogues find that ask at once, each something of its own."""
    uses = [looking(search, f"donburi {n}", "en", 2, frozenset()) for n in range(number)]
    assert all(use.awaited for use in uses)
    return [list(hits) for hits in start(all_of(use.there() for use in uses)).result(60)]


def test_many_dialogues_search_and_fetch_in_one_thread_and_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blocking(*_: object) -> None:
        raise AssertionError(f"{threading.current_thread().name} is held up")

    for name in ("search", "fetch"):
        monkeypatch.setattr(CommonsImages, name, blocking)
    with serving(Wikimedia(latency={"search": 0.002})) as fake:
        search = commons(fake, tmp_path)
        found = looked_for(search)
        assert fake.most_at_once == 1
        assert fake.asked["search"] == MANY
        assert looked_for(search) == found, "what was answered once is kept"
        assert fake.asked["search"] == MANY

        fetcher = Fetcher(search, MemoryBlobs())
        fetching = [fetcher.fetching(hit, 1).there() for hits in found for hit in hits]
        candidates: list[Candidate] = start(all_of(fetching)).result(60)
    assert {one.picture.media_type for one in candidates} == {"image/png"}
    assert len(candidates) == 2 * MANY


def test_a_lagging_wiki_and_one_that_asks_for_patience_are_asked_again(tmp_path: Path) -> None:
    faults = Faults(rate=0.3, kinds=("429", "500", "html"), seed=2)
    with serving(Wikimedia(faults=faults)) as fake:
        fake.lagging = 2
        found = looked_for(commons(fake, tmp_path), number=8)
    assert [len(hits) for hits in found] == [2] * 8
    assert fake.faults.made["429"] > 0


def test_it_is_awaited_behind_other_sources_and_behind_tombstones_too(tmp_path: Path) -> None:
    with serving(Wikimedia()) as fake:
        live = commons(fake, tmp_path)
        several = merged_images([NoPictures(), live])
        world = World("w", TinyEncyclopedia(()), None, several)  # type: ignore[arg-type]
        plain = looked_for(live, number=1)
        gone = plain[0][0].image_url
        stones = Tombstones(urls=frozenset({gone}))
        kept = without(world, stones).image_search
        assert looked_for(several, number=1) == plain
        assert [hit.image_url for hit in looked_for(kept, number=1)[0]] == [plain[0][1].image_url]
        assert isinstance(kept, RemoteImageSearch)
        picture = start(kept.afetch(plain[0][1].image_url)).result(30)
        assert picture == kept.fetch(plain[0][1].image_url)
        with pytest.raises(FetchError, match="not-found"):
            start(kept.afetch(f"{fake.address}/nothing.jpg")).result(30)
    assert not isinstance(merged_images([NoPictures()]), RemoteImageSearch)
    assert isinstance(several, MergedImages)
