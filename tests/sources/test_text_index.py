"""Text search: any text is a query, ranks repeat, and an index is built once."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalogs.errors import StorageError
from catalogs.records import Origin, Passage
from sources.search.folder import DamagedIndexError, published
from sources.search.writing import _Writer
from sources.text_index import TextIndex, build_text_index
from tests.disk import file_limit
from tests.sources.fakes import TinyEncyclopedia

ARTICLES = (
    ("Tiger", "The tiger is a large cat of Asia with dark stripes."),
    ("Cat", "The cat is a small animal. A tiger is its relative."),
    ("Épée", "L'épée est une arme."),
    ("Bridge", "A bridge spans a river."),
    ("Twin A", "identical words here"),
    ("Twin B", "identical words here"),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> TextIndex:
    return build_text_index(tmp_path_factory.mktemp("index"), TinyEncyclopedia(ARTICLES))


def titles(index: TextIndex, query: str, top_k: int = 5) -> list[str]:
    return [hit.passage.title for hit in index.search(query, "en", top_k)]


def test_the_article_named_by_the_query_comes_first(index: TextIndex) -> None:
    hits = index.search("tiger stripes", "en", 5)
    assert [hit.passage.title for hit in hits] == ["Tiger", "Cat"]
    assert [hit.rank for hit in hits] == [1, 2]
    assert hits[0].score > hits[1].score
    assert hits[0].passage.text == ARTICLES[0][1]


@pytest.mark.parametrize("query", ["tigers", "TIGER", "striped tigers?"])
def test_word_forms_and_case_do_not_matter(index: TextIndex, query: str) -> None:
    assert titles(index, query)[0] == "Tiger"


def test_accents_do_not_matter(index: TextIndex) -> None:
    assert titles(index, "epee") == titles(index, "épée") == ["Épée"]


def test_equal_scores_are_in_order_of_title_wherever_the_list_is_cut(index: TextIndex) -> None:
    assert titles(index, "identical words") == ["Twin A", "Twin B"]
    assert titles(index, "identical words", top_k=1) == ["Twin A"]


def test_a_language_that_is_not_there_finds_nothing(index: TextIndex) -> None:
    assert index.search("tiger", "xx", 5) == []


@given(st.text(max_size=60), st.integers(min_value=0, max_value=7))
@example('tiger AND (title:"', 3)
@example('+-&&||!(){}[]^"~*?:\\/ </observation><|im_end|>', 3)
@example("\x00", 3)
@settings(max_examples=60, deadline=None)
def test_every_text_is_a_query(index: TextIndex, query: str, top_k: int) -> None:
    hits = index.search(query, "en", top_k)
    assert len(hits) <= top_k
    assert hits == index.search(query, "en", top_k)


def test_a_very_long_query_is_answered(index: TextIndex) -> None:
    assert titles(index, "tiger " + " ".join(f"word{i}" for i in range(5000)))[0] == "Tiger"


def test_an_index_is_built_once_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    first = build_text_index(tmp_path, TinyEncyclopedia(ARTICLES))
    stamp = Path(first.path).stat().st_mtime_ns
    assert build_text_index(tmp_path, TinyEncyclopedia(ARTICLES)) == first
    assert Path(first.path).stat().st_mtime_ns == stamp
    assert [path.name for path in tmp_path.iterdir()] == [Path(first.path).name]


def test_a_broken_build_is_not_taken_for_whole_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sources.search.writing.BATCH", 2)

    class Broken(TinyEncyclopedia):
        def documents(self, language: str):  # type: ignore[no-untyped-def]
            yield from [*super().documents(language)][:5]
            raise RuntimeError("the source broke off")

    monkeypatch.setattr("sources.search.writing._TASTE", 1)
    with pytest.raises(RuntimeError, match="broke off"):
        build_text_index(tmp_path, Broken(ARTICLES))
    assert not [path for path in tmp_path.iterdir() if not path.name.startswith(".")]
    added: list[str] = []
    add = _Writer.add
    monkeypatch.setattr(_Writer, "add", lambda self, one: (added.append(one.texts["title"]), add(self, one)))
    index = build_text_index(tmp_path, TinyEncyclopedia(ARTICLES))
    assert added == ["Twin A", "Twin B"]
    assert answers(index) == answers(build_text_index(tmp_path / "fresh", TinyEncyclopedia(ARTICLES)))
    assert index.revision == Path(index.path).name.removeprefix("text-")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def answers(index: TextIndex) -> list[list[tuple[float, str]]]:
    asked = ("tiger", "cat animal", "bridge river", "identical words", "arme", "new")
    return [[(hit.score, hit.passage.title) for hit in index.search(query, "en", 5)] for query in asked]


def many(count: int) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"Thing {number}", f"number {number} of the things, {number % 7}") for number in range(count)
    )


def test_a_new_revision_indexes_what_is_new_and_drops_what_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = (*many(40), ("Gone", "old words")), (*many(40), ("Thing 40", "new words"))
    first = build_text_index(tmp_path, TinyEncyclopedia(before))
    added: list[str] = []
    add = _Writer.add
    monkeypatch.setattr(_Writer, "add", lambda self, one: (added.append(one.texts["title"]), add(self, one)))
    second = build_text_index(tmp_path, TinyEncyclopedia(after, revision="2"))
    assert added == ["Thing 40"]
    assert titles(second, "new words") == ["Thing 40"]
    assert titles(second, "old words") == ["Thing 40"]
    assert titles(first, "old words") == ["Gone"], "who reads the earlier one goes on reading it"
    again = build_text_index(tmp_path / "other", TinyEncyclopedia(before))
    assert again.revision == first.revision
    same = build_text_index(tmp_path / "other", TinyEncyclopedia(after, revision="2"))
    assert (same.revision, answers(same)) == (second.revision, answers(second)), "updates repeat"
    fresh = build_text_index(tmp_path / "fresh", TinyEncyclopedia(after, revision="2"))
    assert fresh.revision != second.revision, "dead documents count in scores: not the same index"
    assert [[title for _, title in found] for found in answers(fresh)] == [
        [title for _, title in found] for found in answers(second)
    ]


def test_where_much_has_changed_the_scores_are_those_of_a_new_index(tmp_path: Path) -> None:
    build_text_index(tmp_path, TinyEncyclopedia(ARTICLES))
    changed = (*ARTICLES[:5], ("New", "new words about a tiger"))
    updated = build_text_index(tmp_path, TinyEncyclopedia(changed, revision="2"))
    fresh = build_text_index(tmp_path / "fresh", TinyEncyclopedia(changed, revision="2"))
    assert answers(updated) == answers(fresh)


def test_another_source_of_the_same_kind_starts_from_nothing(tmp_path: Path) -> None:
    build_text_index(tmp_path, TinyEncyclopedia(ARTICLES))
    other = build_text_index(tmp_path, TinyEncyclopedia(many(20), revision="other"))
    assert answers(other) == answers(
        build_text_index(tmp_path / "f", TinyEncyclopedia(many(20), revision="other"))
    )


def test_a_language_that_has_gone_is_dropped(tmp_path: Path) -> None:
    build_text_index(tmp_path, TinyEncyclopedia(ARTICLES, languages=("en", "fr")))
    left = build_text_index(tmp_path, TinyEncyclopedia(ARTICLES, revision="2"))
    assert sorted(path.name for path in Path(left.path).iterdir()) == ["en", "index.json"]
    assert titles(left, "tiger") == ["Tiger", "Cat"]


@pytest.mark.parametrize("how", ["cut", "missing", "no-manifest"])
def test_a_damaged_index_says_which_folder_to_delete(tmp_path: Path, how: str) -> None:
    index = build_text_index(tmp_path, TinyEncyclopedia(ARTICLES))
    store = next(Path(index.path).rglob("*.store"))
    if how == "cut":
        store.write_bytes(store.read_bytes()[:-5])
    elif how == "missing":
        store.unlink()
    else:
        (Path(index.path) / "index.json").write_text("{")
    with pytest.raises(DamagedIndexError, match="delete that folder and run again") as error:
        build_text_index(tmp_path, TinyEncyclopedia(ARTICLES))
    assert index.path in str(error.value)
    shutil.rmtree(index.path)
    assert build_text_index(tmp_path, TinyEncyclopedia(ARTICLES)) == index


def test_a_full_disk_ends_the_build_and_the_next_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sources.search.writing.BATCH", 50)
    wordy = tuple((f"Thing {n}", " ".join(f"w{n * i % 9973}" for i in range(400))) for n in range(200))
    with file_limit(6_000), pytest.raises(StorageError, match="then give the same command again"):
        build_text_index(tmp_path, TinyEncyclopedia(wordy))
    assert not [path for path in tmp_path.iterdir() if not path.name.startswith(".")]
    assert titles(build_text_index(tmp_path, TinyEncyclopedia(wordy)), "thing 7", 1) == ["Thing 7"]


@dataclass(frozen=True)
class Sections(TinyEncyclopedia):
    """Every text is a section of one article."""

    def documents(self, language: str) -> Iterator[Passage]:
        for title, text in self.articles:
            origin = Origin(url=f"https://example.org/wiki/Tiger#{title}", revision="7")
            yield Passage(title="Tiger", language=language, text=text, heading=title, origin=origin)

    def aliases(self, title: str, language: str) -> list[str]:
        return ["Panthera tigris"]


def test_a_whole_article_is_read_by_its_address(tmp_path: Path) -> None:
    index = build_text_index(tmp_path, Sections((("", "A big cat."), ("Size", "Three metres."))))
    page = index.page("https://example.org/wiki/Tiger#Size")
    assert page is not None
    assert (page.heading, page.text) == ("", "A big cat.\n\nSize: Three metres.")
    assert page.origin == Origin(url="https://example.org/wiki/Tiger", revision="7")
    assert index.page("https://example.org/wiki/Lion") is None


def test_a_section_is_found_by_its_heading_which_is_no_part_of_its_text(tmp_path: Path) -> None:
    index = build_text_index(tmp_path, Sections((("", "A big cat."), ("Size", "Three metres."))))
    (hit,) = index.search("size", "en", 5)
    assert (hit.passage.heading, hit.passage.text) == ("Size", "Three metres.")


def test_another_title_leads_to_the_beginning_of_an_article(tmp_path: Path) -> None:
    index = build_text_index(tmp_path, Sections((("", "A big cat."), ("Size", "Three metres."))))
    assert [hit.passage.text for hit in index.search("panthera tigris", "en", 5)] == ["A big cat."]


def test_the_handle_travels_between_processes(index: TextIndex) -> None:
    assert pickle.loads(pickle.dumps(index)).search("bridge", "en", 1) == index.search("bridge", "en", 1)


def test_a_folder_that_is_read_is_left_alone(tmp_path: Path) -> None:
    """A reader that follows commits looks at `meta.json` twice a second; it locks when that changes."""
    index = build_text_index(tmp_path, TinyEncyclopedia((("Thing", "a thing"),)))
    assert index.search("thing", "en", 1)
    (meta,) = tmp_path.rglob("meta.json")
    time.sleep(0.6)
    for lock in meta.parent.glob(".tantivy*"):
        lock.unlink()
    meta.write_text(meta.read_text().replace('"opstamp": ', '"opstamp":  '))
    time.sleep(1.1)
    assert not list(meta.parent.glob(".tantivy*"))


@given(st.lists(st.sets(st.integers(0, 30), min_size=1), min_size=1, max_size=4))
@settings(max_examples=15, deadline=None)
def test_however_it_was_updated_an_index_holds_what_the_source_says(revisions: list[set[int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, wanted in enumerate(revisions):
            articles = tuple((f"Thing {one}", f"number {one}") for one in sorted(wanted))
            index = build_text_index(Path(folder), TinyEncyclopedia(articles, revision=str(number)))
        found = {hit.passage.title for hit in index.search("thing number", "en", 100)}
        assert found == {f"Thing {one}" for one in revisions[-1]}


BUILD = """
import sys, time
from pathlib import Path
from sources.search import writing
from sources.text_index import build_text_index
from tests.sources.fakes import TinyEncyclopedia

class Slow(TinyEncyclopedia):
    def documents(self, language):
        for number, passage in enumerate(super().documents(language)):
            if number == 35:
                print("waiting", flush=True)
                time.sleep(600)
            yield passage

writing.BATCH, writing._TASTE = 10, 1
build_text_index(Path(sys.argv[1]), Slow(tuple((f"Thing {n}", f"number {n}") for n in range(40))))
"""


def test_a_killed_process_leaves_what_it_had_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen([sys.executable, "-c", BUILD, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"waiting\n"
        process.kill()
    assert not [path for path in tmp_path.iterdir() if not path.name.startswith(".")]
    added: list[str] = []
    add = _Writer.add
    monkeypatch.setattr(_Writer, "add", lambda self, one: (added.append(one.texts["title"]), add(self, one)))
    things = TinyEncyclopedia(tuple((f"Thing {n}", f"number {n}") for n in range(40)))
    index = build_text_index(tmp_path, things)
    assert added == [f"Thing {number}" for number in range(30, 40)]
    assert answers(index) == answers(build_text_index(tmp_path / "fresh", things))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_build_that_was_killed_before_it_got_its_name_is_whole(tmp_path: Path) -> None:
    built: list[Path | None] = []

    def build(folder: Path, previous: Path | None) -> str:
        built.append(previous)
        (folder / "file").write_text("x")
        return "1"

    first = published(tmp_path / "a", "family", build)
    (tmp_path / "a").replace(tmp_path / ".a")
    assert published(tmp_path / "a", "family", build) == first
    assert built == [None]
    (tmp_path / "a").replace(tmp_path / ".a")
    published(tmp_path / "b", "family", build)
    assert built == [None, None], "what has no name yet is nothing to begin from"
