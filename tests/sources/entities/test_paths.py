"""The way to an entity: its length, what is skipped, and that it gives nothing away."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from catalogs.records import EntityRef, Hop, Origin, Passage
from catalogs.stage import Kept, Row
from sources.entities import paths
from sources.entities.links import build_links
from sources.entities.paths import FindPath, find_path, is_named, names_of
from tests.sources.entities.linked import CHAIN, Web, entity
from tests.sources.fakes import MemoryBlobs

KATSUDON = entity("Katsudon")


def ways(tmp_path: Path, web: Web = CHAIN, *aliases: str) -> list[Hop]:
    return find_path(web, build_links(tmp_path, web), entity("Katsudon", *aliases))


def test_a_path_leads_to_the_entity_over_two_to_four_links_and_names_it_nowhere(tmp_path: Path) -> None:
    path = ways(tmp_path)
    assert 2 <= len(path) <= 4
    assert path[-1].target == "Katsudon"
    assert [hop.target for hop in path[:-1]] == [hop.title for hop in path[1:]]
    assert not is_named(names_of(KATSUDON), path)
    assert path[-1].clue == "that one is a bowl of rice, and its best known kind is this one with egg."
    assert path[0].title in path[0].clue or "this one" in path[0].clue
    assert path == ways(tmp_path), "chosen by the id alone"


def test_hubs_are_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "HUB", 0)
    assert ways(tmp_path) == [], "all that has any link to it is a hub now"


def test_an_alias_on_the_way_rules_a_path_out(tmp_path: Path) -> None:
    assert ways(tmp_path, CHAIN, "Rice") == []
    assert ways(tmp_path, CHAIN, "ice"), "inside another word it is no name"


def test_a_link_that_no_sentence_tells_is_no_hop(tmp_path: Path) -> None:
    silent = Web((("Tokyo", "See [[Donburi]]."), ("Donburi", "See [[Katsudon]]."), ("Katsudon", "A bowl.")))
    assert ways(tmp_path, silent) == []


def test_a_name_of_something_on_the_way_rules_a_path_out(tmp_path: Path) -> None:
    told = dict(CHAIN.articles) | {
        "Tokyo": "Many visitors of Waseda come to Tokyo for a bowl of [[Donburi]] at noon.",
        "Waseda": "Waseda and the dish Donburi are loved by all in [[Tokyo]] and elsewhere.",
    }
    for hop in ways(tmp_path, Web(tuple(told.items())))[1:]:
        assert hop.title not in hop.clue


def told(sentence: str) -> str:
    return paths._clue(sentence, "Old Lyon", "Eiffel Tower", is_first=False)


def test_part_of_a_masked_name_gives_it_away_and_so_do_words_that_stand_for_names() -> None:
    assert told("Eiffel Tower was built by the masters of Old Lyon.") == (
        "this one was built by the masters of that one."
    )
    assert not told("Eiffel Tower was built by Gustave Eiffel himself.")
    assert not told("Eiffel Tower was built by the masters of Lyon.")
    assert not told("Eiffel Tower is not this one in the north but another.")


def test_an_abbreviation_ends_no_clue() -> None:
    parts = paths._SENTENCE_END.split("It was No. 1 of J. B. Hall. Dr. No came! 丼是吃的。好。")
    assert parts == ["It was No. 1 of J. B. Hall.", "Dr. No came!", "丼是吃的。", "好。", ""]


@dataclass(frozen=True)
class TwoTongues(Web):
    """The way is told in French first, up to a link that only English tells."""

    french: tuple[tuple[str, str], ...] = (
        ("Donburi", "Donburi est un bol de riz, et le plus connu est Katsudon avec de l'oeuf."),
    )

    def article(self, ref: EntityRef) -> list[Passage]:
        told = dict(self.french).get(ref.title)
        origin = Origin(url=f"web:fr:{ref.title}")
        french = [Passage(title=ref.title, language="fr", text=told, origin=origin)] if told else []
        return [*french, *super().article(ref)]


def test_a_way_is_told_in_one_language(tmp_path: Path) -> None:
    path = ways(tmp_path, TwoTongues(CHAIN.articles))
    assert len({hop.language for hop in path}) <= 1


def test_lengths_are_spread_as_published() -> None:
    shares = [next(hops for most, hops in paths._HOPS if share / 100 < most) for share in range(100)]
    assert [shares.count(hops) for hops in (2, 3, 4)] == [40, 40, 20]


def test_a_share_of_the_entities_gets_a_path(tmp_path: Path) -> None:
    graph = build_links(tmp_path, CHAIN)
    for share, found in ((0.0, 0), (1.0, 1)):
        outcome = FindPath(CHAIN, graph, share).each(Row("k", {"entity": KATSUDON}), MemoryBlobs())
        assert isinstance(outcome, Kept)
        assert bool(outcome.writes["path"]) == bool(found)
