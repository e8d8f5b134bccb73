"""What live sources and lists are called on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sources.babelnet.opening import open_babelnet
from sources.babelnet.quota import quota_of
from sources.errors import UnknownSourceError
from sources.fetching.web import Web
from sources.mediawiki.opening import open_mediawiki
from sources.registry import open_world
from tests.sources.fakes import png
from tests.sources.wikidata.dumps import write_dump


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("list:nowhere.csv", "list:PATH"),
        ("mediawiki:en", "mediawiki:en:Donburi"),
        ("mediawiki:en:Donburi/depth=x", "depth=1"),
        ("mediawiki:en::Donburi", "a language and a category"),
        ("wikidata:dish", "wikidata:Q746549"),
        ("babelnet:nowhere.txt", "babelnet:PATH"),
        ("wikidata-dump:", "wikidata-dump:PATH"),
        ("wikidata-dump:all.json?picture=none", "pictures=none"),
    ],
)
def test_a_spec_that_cannot_be_opened_says_how_to_write_it(tmp_path: Path, spec: str, said: str) -> None:
    with pytest.raises(UnknownSourceError, match=said):
        open_world(spec, seed=1, index_root=tmp_path)


def test_what_follows_a_spec_reaches_the_source(tmp_path: Path) -> None:
    web = Web(str(tmp_path))
    wiki = open_mediawiki("zh-yue:Category:Dim sum/a/depth=2/whole", web)
    assert (wiki.language, wiki.category, wiki.depth, wiki.whole) == ("zh-yue", "Dim sum/a", 2, True)
    assert open_mediawiki("en:Donburi", web).depth == 0
    (tmp_path / "words.txt").write_text("udon\n\nudon\nramen\n")
    words = open_babelnet(f"{tmp_path}/words.txt/languages=en,fr/kinds=1", web, quota_of(tmp_path, 9))
    assert (words.words, words.languages, words.kinds) == (("udon", "ramen"), ("en", "fr"), 1)


def test_a_list_is_a_world(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    (pictures / "food").mkdir(parents=True)
    (pictures / "food" / "miso soup.png").write_bytes(png(200, 200))
    (pictures / "food" / "miso soup.txt").write_text("Soup in a red bowl.")
    world = open_world(f"list:{pictures}", seed=1, index_root=tmp_path / "index")
    assert world.text_search.search("red bowl", "en", 3)[0].passage.title == "miso soup"
    assert world.image_search.search("miso", "en", 3, frozenset())[0].title == "miso soup"


def test_a_dump_of_wikidata_is_a_world_that_may_stay_off_the_network(tmp_path: Path) -> None:
    path = write_dump(tmp_path / "all.json.bz2")
    world = open_world(
        f"wikidata-dump:{path}?pictures=none&languages=en,fr", seed=1, index_root=tmp_path / "index"
    )
    assert world.text_search.search("riz", "fr", 3)[0].passage.title == "katsudon"
    assert not world.image_search.search("katsudon", "en", 3, frozenset())
    assert all(not world.encyclopedia.harvest(ref).pictures for ref in world.encyclopedia.survey())
