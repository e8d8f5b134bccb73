"""Text search: any text is a query, ranks repeat, and an index is built once."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sources.text_index import TextIndex, build_text_index
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


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    class Broken(TinyEncyclopedia):
        def documents(self, language: str):  # type: ignore[no-untyped-def]
            yield from super().documents(language)
            raise RuntimeError("the source broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        build_text_index(tmp_path, Broken(ARTICLES))
    assert list(tmp_path.iterdir()) == []


def test_another_revision_is_another_index(tmp_path: Path) -> None:
    first = build_text_index(tmp_path, TinyEncyclopedia(ARTICLES))
    second = build_text_index(tmp_path, TinyEncyclopedia(ARTICLES, revision="2"))
    assert first.revision != second.revision
    assert first.path != second.path


def test_the_handle_travels_between_processes(index: TextIndex) -> None:
    assert pickle.loads(pickle.dumps(index)).search("bridge", "en", 1) == index.search("bridge", "en", 1)
