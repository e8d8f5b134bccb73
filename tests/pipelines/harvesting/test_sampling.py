"""Quotas: who is taken, who is left out and why, and that nobody else's choice changes with it."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogs.digests import entity_id
from catalogs.records import EntityRef
from pipelines.harvesting.plan import Count, counted
from pipelines.harvesting.sampling import Sampling, bystanders, choose
from pipelines.profile import ProfileError, load_profile


def ref(
    number: int,
    domain: str = "food",
    *,
    sitelinks: int | None = None,
    page_views: int | None = None,
    country: str = "",
    languages: tuple[str, ...] = (),
) -> EntityRef:
    return EntityRef(
        entity_id=entity_id(f"x:{domain}:{number}"),
        domain=domain,
        title=str(number),
        locator=str(number),
        sitelinks=sitelinks,
        page_views=page_views,
        country=country,
        languages=list(languages),
    )


def taken(refs: list[EntityRef], limit: int = 0, **tables: object) -> list[EntityRef]:
    sampling = msgspec.convert(tables, Sampling)
    return [one.ref for one in choose(listed(refs), limit, sampling, ("en",)) if not one.left_out]


def listed(refs: list[EntityRef]) -> list[EntityRef]:
    """As a survey lists them."""
    return sorted(refs, key=lambda ref: (ref.domain, ref.entity_id))


POPULAR = [ref(n, sitelinks=(0, 7, 300)[n % 3]) for n in range(60)]


def test_without_a_table_a_limit_takes_the_smallest_ids_of_each_domain() -> None:
    refs = [ref(n, domain) for n in range(9) for domain in ("toy", "food")]
    found = taken(refs, 3)
    assert [one.domain for one in found] == ["food"] * 3 + ["toy"] * 3
    assert [one.entity_id for one in found[:3]] == sorted(
        one.entity_id for one in refs if one.domain == "food"
    )[:3]
    assert taken(refs) == sorted(refs, key=lambda one: (one.domain, one.entity_id))


def test_a_quota_of_a_band_leaves_the_room_to_others() -> None:
    found = Counter(one.sitelinks for one in taken(POPULAR, 30, band={"head": 2, "torso": 5}))
    assert found == {0: 20, 7: 5, 300: 2}
    assert len(taken(POPULAR, 10, band={"head": 2})) == 10


def test_an_entity_of_which_nothing_is_known_is_in_a_band_of_its_own_and_not_dropped() -> None:
    unknown = [ref(n) for n in range(5)]
    assert len(taken(unknown, band={"tail": 0, "torso": 0, "head": 0})) == 5
    assert len(taken(unknown, country={"*": 1}, language={"*": 5})) == 5, "others are those that are known"
    assert len(taken(unknown, band={"unknown": 2})) == 2
    assert len(taken(unknown, country={"unknown": 3})) == 3


def test_the_higher_of_sitelinks_and_page_views_counts() -> None:
    sampling = Sampling()
    bands = {
        (2, None): "tail",
        (2, 20_000): "head",
        (30, 5): "head",
        (None, 5): "tail",
        (5, None): "torso",
        (25, 1): "head",
        (None, None): "unknown",
    }
    for (sitelinks, views), band in bands.items():
        assert sampling.band_of(ref(1, sitelinks=sitelinks, page_views=views)) == band


def test_a_language_counts_under_the_first_that_is_named() -> None:
    sampling = Sampling(language={"sw": 5, "en": 1, "*": 1})
    assert sampling.language_of(ref(1, languages=("en", "sw")), ("en",)) == "sw"
    assert sampling.language_of(ref(1, languages=("fr", "de")), ("en",)) == "de"
    assert sampling.language_of(ref(1), ("en",)) == "en"
    assert sampling.language_of(ref(1), ("en", "fr")) == "unknown"
    both = [ref(n, languages=("en", "sw")) for n in range(3)] + [
        ref(9 + n, languages=("en",)) for n in range(3)
    ]
    assert len(taken(both, language={"sw": 5, "en": 1})) == 4


def test_countries_and_categories_have_quotas() -> None:
    refs = [ref(n, country=("JP", "FR", "US")[n % 3]) for n in range(30)]
    assert Counter(one.country for one in taken(refs, country={"US": 1, "*": 4})) == {
        "JP": 4,
        "FR": 4,
        "US": 1,
    }
    toys = [ref(n, "toy") for n in range(10)]
    found = Counter(one.domain for one in taken(refs + toys, 3, category={"toy": 7}))
    assert found == {"food": 3, "toy": 7}


@given(st.lists(st.integers(0, 400), unique=True, max_size=60), st.integers(1, 20))
def test_a_greater_limit_only_adds_and_other_domains_have_no_say(numbers: list[int], limit: int) -> None:
    refs = [ref(n, sitelinks=n % 40) for n in numbers]
    quotas = {"band": {"head": 4, "tail": 6}}
    fewer, more = taken(refs, limit, **quotas), taken(refs, limit + 3, **quotas)
    assert more[: len(fewer)] == fewer
    assert taken([*refs, *(ref(n, "toy") for n in range(9))], limit, **quotas)[: len(fewer)] == fewer
    assert taken(refs[::-1], limit, **quotas) == fewer


def test_a_plan_counts_everything_once() -> None:
    chosen = list(choose(listed(POPULAR), 30, Sampling(band={"head": 2}), ("en",)))
    plan = counted(chosen, ["tail", "torso", "head", "unknown"], {"no-class": 3})
    assert plan.total == Count(60, 30)
    assert plan.by_category["food"]["head"] == Count(20, 2)
    for table in (plan.by_category, plan.by_country, plan.by_language):
        assert sum(count.taken for row in table.values() for count in row.values()) == 30
        assert sum(count.surveyed for row in table.values() for count in row.values()) == 60
    assert sum(sum(counts.values()) for counts in plan.left_out.values()) == 30
    assert set(plan.left_out) == {"band", "category"}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("sampling.band", {"heads": 3}, "there is no 'heads', there are tail, torso, head, unknown"),
        ("sampling.category", {"foods": 3}, "there is no 'foods'"),
        ("sampling.sitelinks", [25, 5], "growing numbers"),
        ("sampling.sitelinks", [5], "needs 2 growing numbers"),
        ("sampling.country", {"JP": -1}, ">= 0"),
        ("sampling.bands", ["a", "b"], "needs 1 growing"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(field: str, value: object, said: str) -> None:
    with pytest.raises(ProfileError, match=said):
        load_profile("embedded", {field: value})


def test_bystanders_make_up_what_a_small_sample_lacks_and_are_the_first_of_a_larger_one() -> None:
    refs = listed([*(ref(n) for n in range(30)), *(ref(n, "toy") for n in range(4))])

    def beside(limit: int, least: int) -> list[EntityRef]:
        return list(bystanders(choose(refs, limit, Sampling(), ("en",)), least))

    assert listed(taken(refs, 3) + beside(3, 10)) == taken(refs, 10)
    assert beside(10, 10) == []
    assert beside(0, 10) == beside(3, 0) == []
    assert len(beside(3, 100)) == len(refs) - 6
