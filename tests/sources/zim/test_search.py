"""The index that an archive brings; archives in parts; other titles of an article."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from sources.errors import ArchiveTruncatedError
from sources.interface import World
from sources.registry import open_world
from sources.text_index import TextIndex
from sources.zim.parts import checksum_of
from sources.zim.search import ZimSearch
from tests.sources.zim.making import write_archive

ARTICLES = {
    "Tiger": "The tiger is a large striped cat. It lives in the forests of Asia.",
    "Cat": "A cat is a small animal that is kept in houses.",
    "Bridge": "A bridge spans a river.</p><h2>Kinds</h2><p>Suspension bridges hang from cables.</p>",
    "Crêpe": "A crêpe is a thin pancake of Brittany.",
    "Tiger Bridge": "A bridge that tigers are painted on.",
    "兔儿爷": "兔儿爷是北京的传统玩具。",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_archive(
        tmp_path_factory.mktemp("indexed") / "indexed.zim",
        {title: f"<p>{text}</p>" for title, text in ARTICLES.items()},
        {"Panthera tigris": "Tiger"},
        indexed=True,
    )


@pytest.fixture(scope="module")
def search(archive: Path) -> ZimSearch:
    return ZimSearch(str(archive))


def titles(search: ZimSearch, query: str, top_k: int = 5) -> list[str]:
    return [hit.passage.title for hit in search.search(query, "en", top_k)]


def test_an_archive_with_an_index_needs_none_of_ours(archive: Path, tmp_path: Path) -> None:
    world = open_world(f"zim:{archive}", seed=1, index_root=tmp_path)
    assert isinstance(world.text_search, ZimSearch)
    assert not list(tmp_path.glob("text-*"))


def test_articles_with_all_words_come_first_then_those_with_some(search: ZimSearch) -> None:
    assert titles(search, "tiger bridge")[0] == "Tiger Bridge"
    assert set(titles(search, "tiger bridge")) == {"Tiger Bridge", "Tiger", "Bridge"}
    assert titles(search, "What does a striped cat of Asia with zyzzyva look like?", 1) == ["Tiger"]
    assert titles(search, "玩具") == ["兔儿爷"]
    assert titles(search, "crepe") == ["Crêpe"]
    hits = search.search("tiger bridge", "en", 2)
    assert [(hit.rank, hit.score) for hit in hits] == [(1, 1.0), (2, 0.5)]


def test_the_passage_that_answers_is_given(search: ZimSearch) -> None:
    (hit,) = search.search("suspension cables", "en", 1)
    assert hit.passage.headed == "Kinds: Suspension bridges hang from cables."
    assert hit.passage.origin.url.endswith("/Bridge#Kinds")


@pytest.mark.parametrize(
    "query", ["", '"tiger AND (title:', "-tiger +", "\x00", "tiger " * 500, "x" * 5000, "💥"]
)
def test_every_text_is_a_query(search: ZimSearch, query: str) -> None:
    assert search.search(query, "en", 3) == search.search(query, "en", 3)


def test_another_language_finds_nothing(search: ZimSearch) -> None:
    assert search.search("tiger", "fr", 3) == []


def test_a_whole_article_is_read_by_its_address(search: ZimSearch) -> None:
    page = search.page("https://en.wikipedia.org/wiki/Bridge#Kinds")
    assert page is not None
    assert page.text == "A bridge spans a river.\n\nKinds: Suspension bridges hang from cables."
    assert page.origin.url == "https://en.wikipedia.org/wiki/Bridge"
    assert search.page("https://en.wikipedia.org/wiki/Tiger_Bridge") is not None
    assert search.page("https://en.wikipedia.org/wiki/Nowhere") is None
    assert search.page("https://example.org/wiki/Bridge") is None


def test_the_handle_travels_between_processes(search: ZimSearch) -> None:
    assert pickle.loads(pickle.dumps(search)).search("cat", "en", 2) == search.search("cat", "en", 2)


def split(archive: Path, folder: Path, parts: int) -> Path:
    data = archive.read_bytes()
    size = len(data) // parts + 1
    for number in range(parts):
        name = f"split.zima{'abcdefgh'[number]}"
        (folder / name).write_bytes(data[number * size : (number + 1) * size])
    return folder / "split.zimaa"


@pytest.mark.parametrize("named", ["split.zimaa", "split.zim", "split.zimac"])
def test_an_archive_in_parts_is_the_same_source(archive: Path, tmp_path: Path, named: str) -> None:
    split(archive, tmp_path, 3)
    path = tmp_path / named
    assert checksum_of(path) == checksum_of(archive)
    parts: World = open_world(f"zim:{path}", seed=1, index_root=tmp_path / "index")
    whole: World = open_world(f"zim:{archive}", seed=1, index_root=tmp_path / "other")
    assert parts.name == "zim:split"
    assert list(parts.encyclopedia.survey()) == list(whole.encyclopedia.survey())
    assert parts.encyclopedia.revision == whole.encyclopedia.revision
    found = parts.text_search.search("suspension cables", "en", 1)
    assert found[0].passage.title == "Bridge"


@pytest.mark.parametrize("missing", ["split.zimab", "split.zimac"])
def test_a_missing_part_is_named(archive: Path, tmp_path: Path, missing: str) -> None:
    first = split(archive, tmp_path, 3)
    (tmp_path / missing).unlink()
    with pytest.raises(ArchiveTruncatedError, match="put the missing parts beside them"):
        open_world(f"zim:{first}", seed=1, index_root=tmp_path)


def test_redirects_lead_to_their_article(tmp_path: Path) -> None:
    pages = {title: f"<p>{text}</p>" for title, text in ARTICLES.items()}
    path = write_archive(tmp_path / "plain.zim", pages, {"Panthera tigris": "Tiger"}, indexed=False)
    search = open_world(f"zim:{path}", seed=1, index_root=tmp_path).text_search
    assert isinstance(search, TextIndex)
    assert [hit.passage.title for hit in search.search("panthera tigris", "en", 3)] == ["Tiger"]
