"""The graph of links, built once and asked backwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogs.digests import entity_id
from sources.entities.links import LinkedEncyclopedia, LinkGraph, build_links
from sources.entities.merged import MergedEncyclopedia
from sources.entities.opening import NoLinksError, linked
from sources.interface import World
from sources.registry import open_world
from tests.sources.entities.linked import CHAIN
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
