"""Equal values have equal digests; stored scores do not depend on noise below their precision."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalogs.digests import digest_of, entity_id, rounded, unit_interval


def test_order_of_mapping_keys_does_not_matter() -> None:
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})


def test_entity_id_is_sixteen_hex_digits() -> None:
    assert len(entity_id("wikipedia:en:Tiger")) == 16
    int(entity_id("wikipedia:en:Tiger"), 16)


@given(st.text(), st.text())
def test_unit_interval_stays_inside(first: str, second: str) -> None:
    assert 0.0 <= unit_interval(first, second) < 1.0


def test_rounding_has_no_minus_zero() -> None:
    assert str(rounded(-0.00001)) == "0.0"
