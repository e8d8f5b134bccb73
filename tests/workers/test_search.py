"""Search, reading and fetching over HTTP."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalogs.records import Hit, Origin, Passage
from tests.fakes import Fake, Faults, serving
from tests.fakes.http import Reply
from tests.fakes.routes import png
from tests.fakes.server import ROUTES
from workers.endpoint import Calls, Endpoint
from workers.endpoint.loop import all_of, start
from workers.excerpts import start_of
from workers.search.mediawiki import MediaWiki
from workers.search.pages import IndexedPages
from workers.search.reader import MOST_CHARACTERS, Reader
from workers.search.serper import SerperImages, SerperText
from workers.search.settings import ImageSearchEndpoint, ReaderEndpoint, TextSearchEndpoint
from workers.tools import FetchError, RemoteImageSearch, RemotePageReader, RemoteTextSearch


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


def test_a_lagging_wiki_is_asked_again_and_never_two_things_at_once(fake: Fake, tmp_path: Path) -> None:
    fake.key, fake.lagging, fake.latency = "", 2, {"search": 0.01}
    wiki = MediaWiki(TextSearchEndpoint(kind="mediawiki", base_url=f"{fake.address}/w"), Calls(str(tmp_path)))
    found = start(all_of(wiki.asearch(f"Tiger {n}", "en", 1) for n in range(8))).result(30)
    assert [len(hits) for hits in found] == [1] * 8, "an answer that says maxlag is no empty result"
    assert fake.most_at_once == 1
    assert {query["maxlag"] for query in fake.heard} == {"5"}


def test_a_long_page_is_cut_at_the_end_of_a_sentence() -> None:
    text = start_of("A sentence of some words. " * 200, MOST_CHARACTERS)
    assert len(text) <= MOST_CHARACTERS
    assert text.endswith(".")


def found(url: str, title: str = "Tiger", language: str = "en") -> Passage:
    return Passage(title=title, language=language, text="A tiger.", origin=Origin(url=url, licence="CC0"))


def test_a_page_is_read_whole_and_for_a_search_and_a_browse_once(
    fake: Fake, tmp_path: Path, keyed: dict[str, Any]
) -> None:
    search = serper(fake, tmp_path, keyed)
    (hit,) = search.search("Tiger", "en", 1)
    assert search.reader
    page = search.reader.read(hit.passage)
    assert page.title == "A page"
    assert page.text.startswith(hit.passage.text[:40])
    assert page.origin.url == hit.passage.origin.url
    assert page.origin.licence == ""
    assert fake.calls["read"] == 1


def test_a_page_that_could_not_be_read_stays_so_when_replayed(tmp_path: Path, keyed: dict[str, Any]) -> None:
    with serving(Fake(latency={"read": 0.5})) as fake:
        broken = ReaderEndpoint(kind="jina", base_url=f"{fake.address}/jina/", tries=1, timeout=0.1)
        reader = Reader(broken, Calls(str(tmp_path)))
        with pytest.raises(FetchError, match="not-read"):
            reader.read(found("https://a.example/en/0/Tiger"))
    with pytest.raises(FetchError, match="not-read"):
        Reader(broken, Calls(str(tmp_path), replay=True)).read(found("https://a.example/en/0/Tiger"))


def test_a_wiki_reads_the_whole_article_of_a_lead(fake: Fake, tmp_path: Path) -> None:
    fake.key = ""
    wiki = MediaWiki(TextSearchEndpoint(kind="mediawiki", base_url=f"{fake.address}/w"), Calls(str(tmp_path)))
    (hit,) = wiki.search("Tiger", "en", 1)
    page = wiki.read(hit.passage)
    assert len(page.text) > len(hit.passage.text)
    assert page.origin.licence == "CC-BY-SA-4.0"
    with pytest.raises(FetchError, match="not-found"):
        wiki.read(found("https://wiki/Gone", "Gone"))


class Shelves:
    """A text search that holds one page."""

    name, revision = "shelves", "7"

    def search(self, query: str, language: str, top_k: int) -> list[Hit]:
        return []

    def page(self, url: str) -> Passage | None:
        return found(url) if url == "pypi:Tiger" else None


def test_an_index_gives_out_the_pages_that_it_holds() -> None:
    pages = IndexedPages(Shelves())
    assert pages.read(found("pypi:Tiger")) == found("pypi:Tiger")
    assert pages.revision == "7"
    with pytest.raises(FetchError, match="not-found"):
        pages.read(found("pypi:Lion"))


def test_each_back_end_shows_its_awaited_face(fake: Fake, tmp_path: Path, keyed: dict[str, Any]) -> None:
    search = serper(fake, tmp_path, keyed)
    assert isinstance(search, RemoteTextSearch)
    assert isinstance(search.reader, RemotePageReader)
    assert isinstance(images(fake, tmp_path, keyed), RemoteImageSearch)
    assert not isinstance(IndexedPages(Shelves()), RemotePageReader)


def test_another_wiki_is_another_search(tmp_path: Path) -> None:
    """Both would answer the same call: what the one said must not be taken for the other's."""
    calls = Calls(str(tmp_path))
    with serving(Fake()) as fake:
        address = f"{fake.address}/w"
        one = MediaWiki(TextSearchEndpoint(kind="mediawiki", base_url=address), calls)
        other = dataclasses.replace(
            one,
            settings=TextSearchEndpoint(kind="mediawiki", base_url=address.replace("127.0.0.1", "localhost")),
        )
        assert one.revision != other.revision
        for wiki, asked in ((one, 1), (one, 1), (other, 2)):
            wiki.search("Tigre", "fr", 2)
            assert fake.calls["search"] == asked


def test_results_that_lack_a_word_are_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was paid for; it is not asked for six times because one row has no title."""
    rows = [{"link": "http://a.example/1", "snippet": "One."}, {"title": "No address"}]
    pictures = [{"imageUrl": "http://a.example/1.png"}, {"title": "No address"}]
    for path, body in (("search", {"organic": rows}), ("images", {"images": pictures})):
        route = lambda request, fake, body=body: Reply.of(body)  # noqa: E731
        monkeypatch.setitem(ROUTES, ("POST", f"/serper/{path}"), ("search", route))
    with serving(Fake()) as fake:
        address, calls = f"{fake.address}/serper", Calls(str(tmp_path))
        hits = SerperText(TextSearchEndpoint(kind="serper", base_url=address), calls, None).search(
            "x", "en", 5
        )
        found = SerperImages(ImageSearchEndpoint(kind="serper", base_url=address), calls)
        images = found.search("x", "en", 5, frozenset())
        assert fake.calls["search"] == 2
    assert [(hit.passage.title, hit.passage.origin.url) for hit in hits] == [("", "http://a.example/1")]
    assert [(hit.title, hit.image_url) for hit in images] == [("", "http://a.example/1.png")]
