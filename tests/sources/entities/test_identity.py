"""Refs that share an item, a synset or a page are one entity, and two items never are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalogs.digests import entity_id
from catalogs.records import EntityRef
from sources.entities.identity import Identities, canonical_name, tokens_of


def ref(canonical: str, **identifiers: str) -> EntityRef:
    return EntityRef(
        entity_id=entity_id(canonical), domain="food", title="x", locator="x", identifiers=identifiers
    )


def grouped(*refs: EntityRef) -> list[int]:
    identities = Identities()
    for one in refs:
        identities.add(one)
    return identities.groups()[0].tolist()


def test_an_item_is_what_any_archive_calls_its_article() -> None:
    dump = ref("wikidata:Q1", wikidata="Q1", enwiki="Katsudon", frwiki="Katsudon (plat)")
    assert grouped(ref("wikipedia:en:Katsudon"), dump, ref("wikipedia:fr:Katsudon (plat)")) == [0, 0, 0]
    assert grouped(ref("wikipedia:en:Katsudon"), ref("wikipedia:fr:Katsudon")) == [0, 1]


def test_a_synset_unites_what_names_it() -> None:
    assert grouped(ref("babelnet:bn:1n"), ref("wikidata:Q1", wikidata="Q1", babelnet="bn:1n")) == [0, 0]


def test_other_identifiers_unite_nothing() -> None:
    assert grouped(ref("a", imdb="tt1"), ref("b", imdb="tt1")) == [0, 1]


def test_refs_joined_by_a_chain_are_one() -> None:
    chain = [ref("babelnet:bn:1n"), ref("wikidata:Q1", babelnet="bn:1n", frwiki="X"), ref("wikipedia:fr:X")]
    assert grouped(*chain) == [0, 0, 0]


def test_two_items_stay_apart_and_each_keeps_what_is_nearest() -> None:
    first = ref("wikidata:Q1", wikidata="Q1", enwiki="A")
    second = ref("wikidata:Q2", wikidata="Q2", enwiki="B")
    page = ref("wikipedia:en:A")
    mistaken = ref("babelnet:bn:1n", enwiki="B", frwiki="C")
    joins = ref("wikipedia:en:A", babelnet="bn:1n")
    further = ref("wikipedia:fr:C")
    identities = Identities()
    for one in (second, page, first, mistaken, joins, further):
        identities.add(one)
    firsts, contested = identities.groups()
    assert firsts.tolist() == [0, 1, 1, 0, 1, 0]
    assert contested == {0, 1}


def test_the_canonical_name_prefers_the_english_article() -> None:
    assert canonical_name({"enwiki": "Tiger", "wikidata": "Q1"}) == "wikipedia:en:Tiger"
    assert canonical_name({"babelnet": "bn:1n", "wikidata": "Q1"}) == "wikidata:Q1"
    assert canonical_name({"imdb": "tt1"}) == ""


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("ABCDE"), st.integers(0, 3)), max_size=12))
def test_no_entity_ever_holds_two_items(given: list[tuple[int, str, int]]) -> None:
    refs = []
    for number, (item, title, synset) in enumerate(given):
        named = {"wikidata": f"Q{item}"} if item else {}
        named |= {"babelnet": f"bn:{synset}"} if synset else {}
        refs.append(ref(f"own:{number}", enwiki=title, **named))
    identities = Identities()
    for one in refs:
        identities.add(one)
    if not refs:
        return
    firsts = identities.groups()[0].tolist()
    items: dict[int, set[str]] = {}
    for first, one in zip(firsts, refs, strict=True):
        items.setdefault(first, set()).update(one.identifiers.get("wikidata", "").split())
    assert all(len(held) <= 1 for held in items.values())
    for first, one in zip(firsts, refs, strict=True):
        for other_first, other in zip(firsts, refs, strict=True):
            if "wikidata" in one.identifiers and one.identifiers["wikidata"] == other.identifiers.get(
                "wikidata"
            ):
                assert first == other_first, "an item is one entity wherever it is listed"
            if first != other_first and set(tokens_of(one)) & set(tokens_of(other)):
                assert all((items[first], items[other_first])), "only items keep apart what shares a token"
