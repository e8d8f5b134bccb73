"""An archive read in spans by several processes is the archive read at once."""

from __future__ import annotations

import pytest

from catalogs.digests import entity_id
from sources.zim.archive import open_archive
from sources.zim.encyclopedia import ZimEncyclopedia, _passages, _refs
from sources.zim.spread import spread
from tests.sources.zim.making import write_archive
from workers.cluster import start_ray

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
    assert opened.resolve("Dish_7", "A_food") == "Dish_3"
    assert opened.read("A_food") == opened.read("Dish_3")
    source = ZimEncyclopedia(archive)
    ref = next(ref for ref in source.survey() if ref.title == "Dish 3")
    assert list(source.redirect_ids(ref))[:2] == [
        entity_id("wikipedia:en:A food"),
        entity_id("wikipedia:en:Food 13"),
    ]


@pytest.mark.slow
def test_tasks_of_ray_find_what_processes_find(archive: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """More spans than are handed out at once, and a source that stops early."""
    local = list(spread(_refs, archive, 2))
    start_ray()
    monkeypatch.setattr("sources.zim.spread.is_clustered", lambda: True)
    monkeypatch.setattr("sources.zim.spread._on_processes", None)
    assert list(spread(_refs, archive, 2)) == local
    assert list(spread(_passages, archive, 7)) == list(ZimEncyclopedia(archive).documents("en"))
    stream = spread(_refs, archive, 2)
    assert next(stream) == local[0]
    stream.close()
    with pytest.raises(ZeroDivisionError):
        list(spread(_refuse, archive, 10))
