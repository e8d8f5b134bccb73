"""Intervals: seeded, within the range of the data, narrower with more items."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifiers.scorers.bootstrap import average, interval
from verifiers.scorers.tally import FAILED, MISSING, SCORED, ItemScore, line, macro


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float64)[:, None]


def test_equal_purposes_give_equal_intervals_and_others_do_not() -> None:
    values = column(*range(20))
    one, again = (interval([values], average(0), "a") for _ in range(2))
    assert one == again
    assert one != interval([values], average(0), "b")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 100), min_size=2, max_size=30))
def test_the_interval_lies_within_the_data_and_round_the_mean(values: list[float]) -> None:
    found = interval([column(*values)], average(0), "p")
    assert found.low is not None
    assert found.high is not None
    assert min(values) - 1e-3 <= found.low <= found.high <= max(values) + 1e-3
    assert found.value == pytest.approx(np.mean(values), abs=1e-3)


def test_more_items_narrow_it() -> None:
    chance = np.random.default_rng(0)
    few, many = (interval([chance.normal(size=(n, 1))], average(0), "p") for n in (20, 2000))
    assert few.high - few.low > 5 * (many.high - many.low)  # type: ignore[operator]  # both have ends


def test_ninety_five_of_a_hundred_intervals_hold_the_truth() -> None:
    held = 0
    for seed in range(100):
        values = np.random.default_rng(seed).normal(5.0, 2.0, size=(60, 1))
        found = interval([values], average(0), f"coverage/{seed}")
        held += found.low <= 5.0 <= found.high  # type: ignore[operator]  # both have ends
    assert 88 <= held <= 99


def test_one_item_has_a_value_and_no_interval() -> None:
    found = interval([column(3.0)], average(0), "p")
    assert (found.value, found.low, found.high) == (3.0, None, None)


def test_a_category_of_one_item_leaves_the_macro_average_without_an_interval() -> None:
    found = interval([column(1.0, 2.0, 3.0), column(8.0)], average(0), "p")
    assert (found.value, found.low, found.high) == (5.0, None, None)


def test_strata_are_drawn_apart() -> None:
    # Two constant categories: whatever is drawn, the mean of their means is the same.
    found = interval([column(0.0, 0.0, 0.0), column(10.0, 10.0)], average(0), "p")
    assert (found.low, found.high) == (5.0, 5.0)


def scored(key: str, category: str, value: float) -> ItemScore:
    return ItemScore(key=key, category=category, outcome=SCORED, values={"x": value})


def test_nothing_is_dropped_in_silence() -> None:
    items = [
        scored("a", "one", 1.0),
        ItemScore(key="b", category="one", outcome=MISSING, reason="no-picture"),
        ItemScore(key="c", category="two", outcome=FAILED, reason="ModelReplyError"),
    ]
    found = line("micro", "all", items, ("x",))
    assert (found.asked, found.scored, found.missing, found.failed) == (3, 1, 1, 1)
    assert found.scores["x"].value == 1.0


def test_a_category_without_scores_is_no_zero_in_the_macro_average() -> None:
    parts = {"one": [scored("a", "one", 4.0)], "two": [ItemScore(key="b", category="two", outcome=FAILED)]}
    assert macro("macro", parts, ("x",)).scores["x"].value == 4.0


def test_without_any_score_there_is_no_number() -> None:
    assert line("micro", "all", [ItemScore(key="b", category="two", outcome=FAILED)], ("x",)).scores == {}


def test_a_measure_that_applies_to_one_item_has_no_interval() -> None:
    """Text accuracy where one prompt of three asks for text: elsewhere it is not 0, it is not there."""
    items = [scored(key, "one", 1.0) for key in "abc"]
    items[0] = ItemScore(key="a", category="one", outcome=SCORED, values={"x": 1.0, "text": 1.0})
    found = line("category", "one", items, ("x", "text")).scores["text"]
    assert (found.value, found.low, found.high) == (1.0, None, None)
    items[1] = ItemScore(key="b", category="one", outcome=SCORED, values={"x": 1.0, "text": 0.5})
    found = line("category", "one", items, ("x", "text")).scores["text"]
    assert (found.low, found.high) == (0.5, 1.0)
