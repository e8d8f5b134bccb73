"""Search, reading and fetching over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import Fake, Faults, serving
from tests.fakes.routes import png
from workers.endpoint import Calls, Endpoint
from workers.excerpts import start_of
from workers.search.mediawiki import MediaWiki
from workers.search.reader import MOST_CHARACTERS, Reader
from workers.search.serper import SerperImages, SerperText
from workers.search.settings import ImageSearchEndpoint, ReaderEndpoint, TextSearchEndpoint
from workers.tools import FetchError


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serving(Fake(key="secret")) as server:
        yield server


@pytest.fixture
def keyed(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("SEARCH_KEY", "secret")
    return {"key_env": "SEARCH_KEY", "key_header": "X-API-KEY", "timeout": 5.0}


def serper(fake: Fake, folder: Path, keyed: dict[str, Any], *, reads: bool = True) -> SerperText:
    calls = Calls(str(folder))
    settings = TextSearchEndpoint(kind="serper", base_url=f"{fake.address}/serper", **keyed)
    reader = Reader(ReaderEndpoint(kind="jina", base_url=f"{fake.address}/jina/", **keyed), calls)
    return SerperText(settings, calls, reader if reads else None)


def images(fake: Fake, folder: Path, keyed: dict[str, Any]) -> SerperImages:
    web = Endpoint(base_url="", timeout=5.0, tries=2, breaker=False)
    settings = ImageSearchEndpoint(kind="serper", base_url=f"{fake.address}/serper", web=web, **keyed)
    return SerperImages(settings, Calls(str(folder)))


def test_results_are_read_and_say_where_and_when_they_were_found(
    fake: Fake, tmp_path: Path, keyed: dict[str, Any]
) -> None:
    before = time.strftime("%Y-%m-%d", time.gmtime())
    hits = serper(fake, tmp_path, keyed).search("Tiger", "en", 2)
    assert [hit.rank for hit in hits] == [1, 2]
    assert hits[0].passage.title == "Tiger"
    assert hits[0].passage.text.endswith("It lives far from the sea.")
    assert hits[0].passage.origin.url.startswith(fake.address)
    assert hits[0].passage.origin.fetched >= before
    assert fake.heard[0] == {"q": "Tiger", "hl": "en", "num": 2}


def test_a_page_that_cannot_be_read_leaves_the_words_of_the_search(
    tmp_path: Path, keyed: dict[str, Any]
) -> None:
    with serving(Fake(faults=Faults(rate=0.0))) as fake:
        search = serper(fake, tmp_path, {**keyed, "tries": 1})
        broken = ReaderEndpoint(kind="jina", base_url=f"{fake.address}/jina/", tries=1, timeout=0.1)
        fake.latency = {"read": 0.5}
        hits = SerperText(search.settings, search.calls, Reader(broken, search.calls)).search(
            "Tiger", "en", 1
        )
    assert hits[0].passage.text.startswith("The Tiger is a large")


def test_an_answer_is_the_same_when_replayed(fake: Fake, tmp_path: Path, keyed: dict[str, Any]) -> None:
    first = serper(fake, tmp_path, keyed).search("Tiger", "en", 3)
    asked = sum(fake.calls.values())
    again = serper(fake, tmp_path, keyed)
    replayed = Calls(str(tmp_path), replay=True)
    assert (
        SerperText(again.settings, replayed, Reader(again.reader.settings, replayed)).search("Tiger", "en", 3)
        == first
    )
    assert sum(fake.calls.values()) == asked


def test_pictures_seen_before_are_left_out_and_the_rest_can_be_fetched(
    fake: Fake, tmp_path: Path, keyed: dict[str, Any]
) -> None:
    search = images(fake, tmp_path, keyed)
    first = search.search("tiger stripes", "en", 3, frozenset())
    more = search.search("tiger stripes", "en", 3, frozenset(hit.image_url for hit in first))
    assert not {hit.image_url for hit in first} & {hit.image_url for hit in more}
    assert search.fetch(first[0].image_url) == png("/pictures/" + first[0].image_url.rpartition("/")[2])
    assert "tbs" not in fake.heard[0]


def test_a_picture_that_is_gone_says_so(fake: Fake, tmp_path: Path, keyed: dict[str, Any]) -> None:
    with pytest.raises(FetchError, match="not-found"):
        images(fake, tmp_path, keyed).fetch(f"{fake.address}/nothing.png")
    with pytest.raises(FetchError, match="no-answer"):
        images(fake, tmp_path, keyed).fetch("http://127.0.0.1:9/nothing.png")


def test_a_wiki_is_searched_in_the_language_of_the_query(fake: Fake, tmp_path: Path) -> None:
    plain = TextSearchEndpoint(kind="mediawiki", base_url=f"{fake.address}/w")
    fake.key = ""
    hits = MediaWiki(plain, Calls(str(tmp_path))).search("Tigre", "fr", 2)
    assert [hit.passage.title for hit in hits] == ["Tigre", "Tigre (1)"]
    origin = hits[0].passage.origin
    assert (origin.revision, origin.licence) == ("100", "CC-BY-SA-4.0")
    assert hits[0].passage.language == "fr"


def test_a_long_page_is_cut_at_the_end_of_a_sentence() -> None:
    text = start_of("A sentence of some words. " * 200, MOST_CHARACTERS)
    assert len(text) <= MOST_CHARACTERS
    assert text.endswith(".")
