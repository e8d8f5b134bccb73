"""The graph of links, built once and asked backwards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from catalogs.digests import entity_id
from catalogs.records import EntityRef
from sources.entities.links import LinkedEncyclopedia, LinkGraph, build_links
from sources.entities.merged import MergedEncyclopedia
from sources.entities.opening import NoLinksError, linked
from sources.interface import World
from sources.registry import open_world
from tests.sources.entities.linked import CHAIN, Web
from tests.sources.entities.world import Shelf, Thing
from tests.sources.zim.conftest import new_archive, new_world

__all__ = ["new_archive", "new_world"]


def linking_to(graph: LinkGraph, title: str) -> list[str]:
    place = graph.place(entity_id(f"wikipedia:en:{title}"))
    assert place is not None
    assert graph.in_degree(place) == len(graph.incoming(place))
    return [graph.ref(one).title for one in graph.incoming(place)]


def test_what_links_to_an_entity_is_told_in_the_order_of_the_survey(tmp_path: Path) -> None:
    graph = build_links(tmp_path, CHAIN)
    assert linking_to(graph, "Katsudon") == ["Donburi", "Hub"]
    assert linking_to(graph, "Tokyo") == ["Waseda"]
    assert linking_to(graph, "Hub") == []
    assert graph.place(entity_id("wikipedia:en:Osaka")) is None
    assert build_links(tmp_path, CHAIN) == graph


def test_merged_sources_link_under_all_their_ids(tmp_path: Path) -> None:
    dump = Shelf(
        "wikidata-dump",
        (Thing("wikidata:Q1", "katsudon", identifiers=(("wikidata", "Q1"), ("enwiki", "Katsudon"))),),
    )
    merged = MergedEncyclopedia((dump, CHAIN))
    assert isinstance(merged, LinkedEncyclopedia)
    graph = build_links(tmp_path, merged)
    assert linking_to(graph, "Katsudon") == ["Donburi", "Hub"]
    ref = next(ref for ref in merged.survey() if ref.title == "katsudon")
    assert merged.article(ref)[0].title == "Katsudon"


def test_an_archive_has_links(new_world: World, tmp_path: Path) -> None:
    graph = linked(new_world, tmp_path).links
    assert isinstance(graph, LinkGraph)
    assert linking_to(graph, "Pancake") == ["Crêpe"]
    assert graph.in_degree(0) == 0


def test_a_source_without_links_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoLinksError, match="multi_hop = 0"):
        linked(open_world("sample", seed=0, index_root=tmp_path), tmp_path)


@dataclass(frozen=True)
class Redirected(Web):
    """Articles that other titles lead to, and one whose title is also such a title."""

    def redirect_ids(self, ref: EntityRef) -> list[str]:
        titles = ("Katsu bowl", "Hub") if ref.title == "Katsudon" else ()
        return [entity_id(f"wikipedia:en:{title}") for title in titles]


def test_a_link_to_a_redirect_leads_to_its_article(tmp_path: Path) -> None:
    more = ("Guide", "Look for [[Katsu bowl]] and for [[Hub]] in any guide.")
    source = Redirected((*CHAIN.articles, more))
    for name, encyclopedia in (("alone", source), ("merged", MergedEncyclopedia((source,)))):
        graph = build_links(tmp_path / name, encyclopedia)
        assert linking_to(graph, "Katsudon") == ["Donburi", "Hub", "Guide"]
        assert linking_to(graph, "Hub") == ["Guide"], "an article of that title comes first"
