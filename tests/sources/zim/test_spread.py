"""An archive read in spans by several processes is the archive read at once."""

from __future__ import annotations

import pytest

from sources.zim.archive import open_archive
from sources.zim.encyclopedia import ZimEncyclopedia, _passages, _refs
from sources.zim.spread import spread
from tests.sources.zim.making import write_archive

PAGES = {
    f"Dish {n}": f"<p>Dish {n} is a <a href='Dish_{n + 1}'>dish</a>.</p><h2>Making</h2><p>Boil it {n} h.</p>"
    for n in range(23)
}
REDIRECTS = {f"Food {n}": f"Dish {n % 5}" for n in range(15)} | {"A food": "Food 3"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("spread") / "dishes.zim"
    return str(write_archive(path, PAGES, REDIRECTS, indexed=False))


def test_spans_of_any_size_in_other_processes_give_the_same_in_the_same_order(archive: str) -> None:
    source = ZimEncyclopedia(archive)
    refs, passages = list(source.survey()), list(source.documents("en"))
    assert [ref.title for ref in refs] == sorted(PAGES, key=lambda title: title.replace(" ", "_"))
    assert len(passages) == 2 * len(PAGES)
    assert list(spread(_refs, archive, 10)) == refs
    assert list(spread(_passages, archive, 7)) == passages


def test_who_stops_early_is_not_kept_waiting(archive: str) -> None:
    stream = spread(_refs, archive, 10)
    assert next(stream).title == "Dish 0"
    stream.close()


def test_what_a_task_raises_is_raised_here(archive: str) -> None:
    with pytest.raises(ZeroDivisionError):
        list(spread(_refuse, archive, 10))


def _refuse(path: str, start: int, end: int) -> list[int]:
    return [1 // 0]


def test_redirects_are_found_from_their_article_at_the_end_of_any_chain(archive: str) -> None:
    opened = open_archive(archive)
    assert opened.redirects_to("Dish_3") == ["A food", "Food 13", "Food 3", "Food 8"]
    assert opened.other_titles("Dish 7") == []
    assert opened.redirects_to("nowhere") == []
