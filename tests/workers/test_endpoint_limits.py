"""Limits keep to what a provider allows in any window; a pause grows while the endpoint stays down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import Fake, Faults, serving
from tests.workers.test_endpoint_client import chat
from workers.endpoint import Calls, Clients, Endpoint
from workers.endpoint.errors import EndpointRefusedError
from workers.endpoint.limits import BREAK_AFTER, LONGEST_PAUSE, MOST_PAUSES, Breaker, Pace, reserve
from workers.endpoint.loop import start
from workers.endpoint.replies import retry_after


@given(
    rate=st.floats(0.5, 50),
    arrivals=st.lists(st.floats(0, 20), min_size=1, max_size=60),
    window=st.floats(0.1, 10),
)
def test_no_window_sees_more_than_its_share_and_one(
    rate: float, arrivals: list[float], window: float
) -> None:
    pace = Pace(rate)
    starts = [now + pace.reserve(now) for now in sorted(arrivals)]
    for first in starts:
        inside = sum(first <= start < first + window for start in starts)
        assert inside <= rate * window * (1 + 1e-6) + 1


def test_tokens_that_were_not_used_are_given_back() -> None:
    pace = Pace(10.0)
    pace.reserve(0.0, 100)
    pace.correct(-90)
    assert pace.reserve(0.0, 1) == pytest.approx(1.0)


def test_an_endpoint_that_fails_pauses_and_is_tried_by_one_call() -> None:
    breaker = Breaker()
    for _ in range(BREAK_AFTER):
        assert breaker.wait(0.0) == 0
        assert not breaker.enter()
        breaker.failed(0.0, probe=False)
    assert breaker.wait(0.0) == 1.0
    breaker.failed(0.5, probe=False)
    assert breaker.wait(1.0) == 0, "calls that were in flight do not lengthen the pause"
    assert breaker.enter()
    assert breaker.wait(1.0) > 0, "the others wait for the probe"
    breaker.failed(1.0, probe=True)
    breaker.left(probe=True)
    assert breaker.wait(1.0) == 2.0
    assert breaker.wait(3.0) == 0
    assert breaker.enter()
    breaker.left(probe=True)
    breaker.succeeded()
    assert breaker.wait(3.0) == 0
    assert not breaker.enter()


def test_an_endpoint_that_never_returns_is_down() -> None:
    breaker, now = Breaker(failures=BREAK_AFTER - 1), 0.0
    breaker.failed(now, probe=False)
    for _ in range(MOST_PAUSES):
        assert not breaker.is_down
        now += LONGEST_PAUSE
        breaker.enter()
        breaker.failed(now, probe=True)
        breaker.left(probe=True)
    assert breaker.is_down


def test_retry_after_is_seconds_or_a_date() -> None:
    assert retry_after("7") == 7
    assert retry_after("0.5") == 0.5
    assert retry_after("") is None
    assert retry_after("soon") is None
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 60 < (retry_after(later) or 0) <= 90


@given(
    rate=st.floats(0.5, 5),
    tokens=st.floats(10, 100),
    arrivals=st.lists(st.tuples(st.floats(0, 20), st.integers(1, 200)), min_size=1, max_size=40),
    window=st.floats(0.1, 10),
)
def test_two_limits_hold_at_once(
    rate: float, tokens: float, arrivals: list[tuple[float, int]], window: float
) -> None:
    requests, used = Pace(rate), Pace(tokens)
    starts = [(now + reserve(now, (requests, 1.0), (used, cost)), cost) for now, cost in sorted(arrivals)]
    for first, _ in starts:
        inside = [cost for start, cost in starts if first <= start < first + window]
        assert len(inside) <= rate * window * (1 + 1e-6) + 1
        assert sum(inside[:-1]) <= tokens * window * (1 + 1e-6) + 1e-6


def test_a_refusal_shows_that_a_paused_endpoint_works(tmp_path: Path) -> None:
    """Half open for ever, it would take one call at a time."""
    with serving(Fake(faults=Faults(refusals={"messages": 1.0}))) as fake:
        client = Clients().of(Endpoint(base_url=f"{fake.address}/v1"), Calls(str(tmp_path)))
        client._health.breaker.pauses = 3
        with pytest.raises(EndpointRefusedError):
            start(client.call(chat("x"))).result(10)
        assert client._health.breaker.pauses == 0
