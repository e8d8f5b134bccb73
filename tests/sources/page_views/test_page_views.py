"""Page view files: what is counted, what is refused, and what a source becomes with them."""

from __future__ import annotations

import bz2
from dataclasses import dataclass
from pathlib import Path

import pytest

from catalogs.digests import entity_id
from catalogs.records import EntityRef
from sources.entities.links import LinkedEncyclopedia, build_links
from sources.entities.merged import MergedEncyclopedia
from sources.errors import UnknownSourceError
from sources.interface import Choosy
from sources.page_views import index
from sources.page_views.encyclopedia import counted
from sources.page_views.index import PageViews, build_page_views
from sources.page_views.reading import PageViewsError, counts, view_files
from sources.registry import open_world
from tests.sources.entities.linked import CHAIN
from tests.sources.entities.world import Shelf, Thing
from tests.sources.page_views.files import HOUR, MONTH, write_hour, write_month


def ref(title: str, **wikis: str) -> EntityRef:
    return EntityRef(
        entity_id=entity_id(f"wikipedia:en:{title}"),
        domain="food",
        title=title,
        locator=title,
        identifiers=wikis or {"enwiki": title},
    )


def views(path: Path, root: Path, *languages: str) -> PageViews:
    return build_page_views(path, languages or ("en", "fr"), root)


def test_all_articles_of_an_entity_count_by_every_way_of_access(tmp_path: Path) -> None:
    found = views(write_month(tmp_path / "files"), tmp_path)
    assert found.of(ref("Katsudon")) == 70 + 50 + 3, "a small first letter is the same page"
    assert found.of(ref("Katsudon", enwiki="Katsudon", frwiki="Katsudon")) == 123 + 31
    assert found.of(ref("Thor (god)")) == 12_000
    assert found.of(ref("Nobody reads it")) == 0, "an article that is in no file was not read"
    assert found.of(ref("\u4e3c", jawiki="\u30ab\u30c4\u4e3c")) is None, "Japanese is not counted here"


def test_who_follows_a_redirect_has_read_the_article(tmp_path: Path) -> None:
    found = views(write_month(tmp_path / "files"), tmp_path)
    thor = entity_id("wikipedia:en:Thor (god)")
    assert found.of(ref("Katsudon"), [thor, thor]) == 123 + 12_000


def test_views_are_those_of_the_wiki_that_has_the_language(tmp_path: Path) -> None:
    """The Norwegian Wikipedia is ``no``, its text is in ``nb``."""
    path = tmp_path / "pageviews-202604-user.bz2"
    path.write_bytes(bz2.compress(b"no.wikipedia Tiger 1 desktop 42 A42\n"))
    assert views(path, tmp_path, "nb").of(ref("Tiger", nowiki="Tiger")) == 42


def test_hours_and_days_are_told_as_of_thirty_days(tmp_path: Path) -> None:
    hour = views(write_hour(tmp_path / "hour"), tmp_path)
    assert hour.of(ref("Katsudon")) == (2 + 5 + 1) * 24 * 30
    day = write_month(tmp_path / "day", "pageviews-20260402-user.bz2")
    assert views(day, tmp_path).of(ref("Katsudon")) == 123 * 30
    both = views(write_hour(day.parent).parent, tmp_path)
    assert both.of(ref("Katsudon")) == round((123 + 8) * 30 * 24 / 25)
    july = views(write_month(tmp_path / "july", "pageviews-202607-user.bz2"), tmp_path)
    assert july.of(ref("Katsudon")) == round(123 * 30 / 31)


def test_memory_holds_a_batch_of_lines_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = views(write_month(tmp_path / "files"), tmp_path / "whole")
    monkeypatch.setattr(index, "_BATCH", 2)
    pieces = views(tmp_path / "files", tmp_path / "pieces")
    assert pieces.revision == whole.revision
    for name in ("tokens.npy", "views.npy"):
        assert (Path(pieces.folder) / name).read_bytes() == (Path(whole.folder) / name).read_bytes()


def test_another_file_is_read_alone_and_changes_the_revision(tmp_path: Path) -> None:
    first = views(write_month(tmp_path / "files"), tmp_path)
    (part,) = (tmp_path / "pageviews-parts").iterdir()
    read = part.stat().st_mtime_ns
    more = views(write_hour(tmp_path / "files", "pageviews-20260501-000000.gz").parent, tmp_path)
    assert more.revision != first.revision
    assert part.stat().st_mtime_ns == read
    assert len(list((tmp_path / "pageviews-parts").iterdir())) == 2
    assert not list(tmp_path.rglob(".tmp-*"))


def test_machines_are_not_counted(tmp_path: Path) -> None:
    folder = write_month(tmp_path / "files").parent
    write_month(folder, "pageviews-202604-automated.bz2")
    assert [file.path.name for file in view_files(folder)] == ["pageviews-202604-user.bz2"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "holds no page views"),
        (("pageviews-202604-spider.bz2",), "holds no page views"),
        (("pageviews-202613-user.bz2",), "holds no page views"),
        (("pageviews-202604-user.bz2", "pageviews-20260430-user.bz2"), "count the same hours"),
    ],
)
def test_what_cannot_be_counted_is_told_with_what_to_do(
    tmp_path: Path, names: tuple[str, ...], said: str
) -> None:
    (tmp_path / "files").mkdir()
    for name in names:
        write_month(tmp_path / "files", name)
    with pytest.raises(PageViewsError, match=said):
        view_files(tmp_path / "files")
    with pytest.raises(PageViewsError, match="no page views"):
        view_files(tmp_path / "pageviews-202604-user.bz2")


@pytest.mark.parametrize("write", [write_month, write_hour])
def test_a_file_that_is_cut_is_refused(tmp_path: Path, write: object) -> None:
    assert callable(write)
    path: Path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(PageViewsError, match="damaged or cut"):
        list(counts(view_files(path)[0], ["en"]))


@pytest.mark.parametrize("text", [MONTH, HOUR])
def test_a_file_without_a_line_of_the_languages_is_refused(tmp_path: Path, text: str) -> None:
    write = write_month if text is MONTH else write_hour
    with pytest.raises(PageViewsError, match="no page of the Wikipedias in de"):
        list(counts(view_files(write(tmp_path, text=text))[0], ["de"]))


def test_a_source_keeps_what_it_is_and_tells_views(tmp_path: Path) -> None:
    write_month(tmp_path / "files")
    shelf = Shelf("zim", (Thing("wikipedia:en:Katsudon", "Katsudon", text="A bowl."),))
    found = counted(shelf, tmp_path / "files", tmp_path)
    assert (found.name, found.languages) == (shelf.name, shelf.languages)
    assert found.revision != shelf.revision
    (surveyed,) = found.survey()
    assert surveyed.page_views == 123
    assert found.harvest(surveyed).entity.page_views == 123
    assert list(found.documents("en")) == list(shelf.documents("en"))
    assert isinstance(found, Choosy)
    assert found.refusal(surveyed) is None
    assert not isinstance(found, LinkedEncyclopedia)


@dataclass(frozen=True)
class Led(Shelf):
    """A source that knows a title that leads to each of its articles."""

    def redirect_ids(self, ref: EntityRef) -> list[str]:
        return [entity_id("wikipedia:en:Thor (god)")]


def test_views_under_the_title_of_a_redirect_count_for_its_article(tmp_path: Path) -> None:
    write_month(tmp_path / "files")
    led = Led("dump", (Thing("wikipedia:en:Katsudon", "Katsudon", text="A bowl."),))
    for source in (led, MergedEncyclopedia((led,))):
        (surveyed,) = counted(source, tmp_path / "files", tmp_path).survey()
        assert surveyed.page_views == 123 + 12_000


def test_a_source_with_links_keeps_them(tmp_path: Path) -> None:
    found = counted(CHAIN, write_month(tmp_path / "files"), tmp_path)
    assert isinstance(found, LinkedEncyclopedia)
    graph = build_links(tmp_path, found)
    katsudon = graph.place(entity_id("wikipedia:en:Katsudon"))
    assert katsudon is not None
    assert graph.in_degree(katsudon) == 2


def test_views_that_a_source_tells_itself_stay(tmp_path: Path) -> None:
    once = counted(CHAIN, write_month(tmp_path / "files"), tmp_path)
    twice = counted(once, write_hour(tmp_path / "hour"), tmp_path)
    known = {ref.title: ref.page_views for ref in once.survey()}
    assert known["Katsudon"] == 123
    assert {ref.title: ref.page_views for ref in twice.survey()} == known


def test_page_views_stand_beside_a_source_and_never_alone(tmp_path: Path) -> None:
    write_month(
        tmp_path / "files", text="en.wikipedia Tiger 1 desktop 77 A77\nfr.wikipedia Tigre 1 desktop 3 A3\n"
    )
    spec = f"sample + pageviews:{tmp_path / 'files'}"
    world = open_world(spec, seed=1, index_root=tmp_path / "index")
    assert world.name == "sample"
    (tiger,) = [ref for ref in world.encyclopedia.survey() if ref.title == "Tiger"]
    assert tiger.page_views is not None
    assert tiger.page_views >= 77
    for alone in ("pageviews:x", "sample + pageviews:"):
        with pytest.raises(UnknownSourceError, match="dump:PATH"):
            open_world(alone, seed=1, index_root=tmp_path / "index")
