"""Growth splits buckets; it does not reshuffle."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalogs.digests import entity_id
from catalogs.records import EntityRef
from pipelines.engine.buckets import Bucket, partition


def refs(count: int, domain: str = "food") -> list[EntityRef]:
    return [
        EntityRef(entity_id=entity_id(f"{domain}{n}"), domain=domain, title=f"{n}", locator=f"{n}")
        for n in range(count)
    ]


@given(st.integers(min_value=1, max_value=400), st.integers(min_value=1, max_value=40))
def test_every_entity_is_in_one_bucket_and_no_bucket_is_too_large(count: int, largest: int) -> None:
    buckets = partition(refs(count), largest)
    assert sorted(r.entity_id for b in buckets for r in b.refs) == sorted(r.entity_id for r in refs(count))
    assert all(len(bucket.refs) <= largest for bucket in buckets)


def test_growth_leaves_buckets_that_do_not_grow_alone() -> None:
    before = {b.name: b for b in partition(refs(100), 30)}
    grown = refs(100) + [r for r in refs(400)[100:] if int(r.entity_id, 16) >> 62 == 0]
    after = {b.name: b for b in partition(grown, 30)}
    untouched = {name: bucket for name, bucket in before.items() if not name.startswith("b00")}
    assert untouched
    assert untouched.items() <= after.items()


def test_a_bucket_survives_being_a_row() -> None:
    bucket = partition(refs(5))[0]
    assert Bucket.from_row(bucket.to_row()) == bucket


def test_order_of_the_survey_does_not_matter() -> None:
    assert partition(refs(100), 10) == partition(reversed(refs(100)), 10)
