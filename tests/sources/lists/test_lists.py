"""Lists in files: the published CSV, and a folder of pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from sources.errors import BrokenTableError, UnknownSourceError
from sources.lists.encyclopedia import ListEncyclopedia
from sources.lists.images import ListPictures
from sources.lists.table import category_of, read_table
from sources.search.pictures import build_picture_index
from tests.sources.fakes import png
from workers.tools import FetchError

HEAD = "index,name_zh,name_en,country,category,remark\n"


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "entities.csv"
    rows = (
        '1,炸猪排盖饭,Katsudon,日本,Food,"A bowl of rice, pork and egg."\n'
        "2,兔儿爷,,中国,Toy,北京的传统玩具。\n"
        "3,,Nothing,,Gadget,\n"
    )
    path.write_text("\ufeff" + HEAD + rows, encoding="utf-8")
    pictures = tmp_path / "pictures"
    (pictures / "2").mkdir(parents=True)
    (pictures / "1.png").write_bytes(png(200, 200))
    (pictures / "1.txt").write_text("Katsudon on a tray")
    (pictures / "2" / "a.png").write_bytes(png(201, 200))
    (pictures / "2" / "b.png").write_bytes(png(202, 200))
    (pictures / "LICENCE.txt").write_text("CC-BY-4.0\nAki\n")
    return path


def test_rows_become_entities_with_their_pictures(csv: Path) -> None:
    source = ListEncyclopedia(str(csv))
    refs = {ref.locator: ref for ref in source.survey()}
    assert [ref.domain for ref in refs.values()] == ["food", "toy", "uncategorised"]
    assert [ref.country for ref in refs.values()] == ["日本", "中国", ""]
    assert [ref.languages for ref in refs.values()] == [["en"], ["zh"], []]
    bowl, toy = source.harvest(refs["1"]), source.harvest(refs["2"])
    assert [(name.language, name.title) for name in bowl.entity.names] == [
        ("en", "Katsudon"),
        ("zh", "炸猪排盖饭"),
    ]
    assert (bowl.entity.country, toy.entity.country) == ("日本", "中国")
    assert bowl.entity.articles[0].text == "A bowl of rice, pork and egg. Katsudon on a tray"
    assert (bowl.pictures[0].origin.licence, bowl.pictures[0].origin.author) == ("CC-BY-4.0", "Aki")
    assert toy.entity.articles[0].language == "zh"
    assert len(toy.pictures) == 2
    assert [passage.title for passage in source.documents("zh")] == ["兔儿爷"]


def test_a_moved_list_is_the_same_and_a_changed_one_is_not(csv: Path, tmp_path: Path) -> None:
    before = ListEncyclopedia(str(csv)).revision
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    csv.rename(moved / "renamed.csv")
    (tmp_path / "pictures").rename(moved / "pictures")
    assert ListEncyclopedia(str(moved / "renamed.csv")).revision == before
    other = moved / "other.csv"
    other.write_text(HEAD + "1,,Katsudon,,Food,\n")
    assert ListEncyclopedia(str(other)).revision != before


def test_a_folder_of_pictures_is_a_list(tmp_path: Path) -> None:
    (tmp_path / "food").mkdir()
    (tmp_path / "food" / "miso_soup.png").write_bytes(png(200, 200))
    (tmp_path / "food" / "miso_soup.txt").write_text("Soup in a red bowl.")
    (tmp_path / "food" / "miso_soup.webp").write_bytes(png(300, 300))
    (tmp_path / "other.png").write_bytes(png(100, 100))
    source = ListEncyclopedia(str(tmp_path))
    refs = list(source.survey())
    assert [(ref.title, ref.domain) for ref in refs] == [("miso soup", "food"), ("other", "uncategorised")]
    harvested = source.harvest(refs[0])
    assert harvested.entity.articles[0].text == "Soup in a red bowl."
    assert [one.data for one in harvested.pictures] == [png(200, 200), png(300, 300)], "one thing, two files"


def test_pictures_are_found_by_caption_and_name(csv: Path, tmp_path: Path) -> None:
    search = build_picture_index(tmp_path / "index", ListPictures(ListEncyclopedia(str(csv))))
    hits = search.search("katsudon tray", "en", 5, frozenset())
    assert [hit.image_url for hit in hits] == ["list:1.png"]
    assert search.fetch("list:1.png") == png(200, 200)
    assert search.search("katsudon", "en", 5, frozenset({"list:1.png"})) == []
    with pytest.raises(FetchError, match="not-found"):
        search.fetch("list:../entities.csv")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("index,name_zh\n1,a\n", "no column 'name_en'"),
        (HEAD + "1,,,,,\n", "line 2"),
        (HEAD + "1,a,,,,\n1,b,,,,\n", "stands twice"),
        (HEAD, "no row"),
        (HEAD + '1,a,,,,"' + "x" * 200_000, "no CSV"),
    ],
)
def test_a_table_that_cannot_be_used_is_said_so(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "broken.csv"
    path.write_text(text)
    with pytest.raises(BrokenTableError, match=said):
        read_table(str(path))


def test_categories_go_by_published_name_or_slug() -> None:
    assert category_of("Cultural Relic/Art") == category_of("cultural-relic-art") == "cultural-relic-art"
    assert category_of("Animal/Plant") == "animal-plant"
    assert category_of("") == "uncategorised"


def test_a_folder_without_a_picture_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "tiger.txt").write_text("A tiger.")
    with pytest.raises(UnknownSourceError, match="no picture"):
        list(ListEncyclopedia(str(tmp_path)).survey())


def test_a_licence_in_any_encoding_is_read(csv: Path) -> None:
    (csv.parent / "pictures" / "LICENCE.txt").write_bytes("CC-BY-4.0\nAndré\n".encode("latin-1"))
    source = ListEncyclopedia(str(csv))
    bowl = source.harvest(next(source.survey()))
    assert (bowl.pictures[0].origin.licence, bowl.pictures[0].origin.author) == ("CC-BY-4.0", "Andr\ufffd")
