"""Refusals for good are finished calls: kept, paid, found again; what may pass is not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from catalogs.failures import rests
from tests.fakes import Fake, Faults, serving
from tests.workers.test_endpoint_client import chat, make
from workers.endpoint import Call, Endpoint
from workers.endpoint.again import asking_again
from workers.endpoint.endings import kept_of
from workers.endpoint.errors import EndpointBusyError, EndpointRefusedError, EndpointSetupError
from workers.endpoint.journal import Journal
from workers.endpoint.replies import Answer, check_status
from workers.meter import metered

OPEN = Endpoint(base_url="http://x/v1")


def test_a_refusal_is_asked_for_once_and_comes_to_the_same_end_in_a_replay(tmp_path: Path) -> None:
    with serving(Fake(faults=Faults(refusals={"messages": 1.0}))) as fake:
        first, again = make(fake, [chat("x")], tmp_path), make(fake, [chat("x")], tmp_path)
        assert fake.calls["chat"] == 1
    (replayed,) = make(fake, [chat("x")], tmp_path, replay=True)
    ends = [*first, *again, replayed]
    assert {type(end) for end in ends} == {EndpointRefusedError}
    assert len({(str(end), end.status, end.said) for end in ends}) == 1  # type: ignore[union-attr]
    assert "rejected by the safety system" in str(replayed)
    assert rests(type(replayed).__name__, attempts=1), "nor is it tried by every run"


def test_a_retry_asks_again(tmp_path: Path) -> None:
    with serving(Fake(faults=Faults(refusals={"messages": 1.0}), script=lambda body: "yes")) as fake:
        make(fake, [chat("x")], tmp_path)
        until = int(time.time())
        with asking_again(until):
            for _ in range(2):
                make(fake, [chat("x")], tmp_path)
        assert fake.calls["chat"] == 2, "once a retry, and not once a record"
        fake.faults = Faults()
        with asking_again(until + 3600):
            (replayed,) = make(fake, [chat("x")], tmp_path, replay=True)
            (answer,) = make(fake, [chat("x")], tmp_path)
    assert isinstance(replayed, EndpointRefusedError), "a replay asks nobody"
    assert not isinstance(answer, BaseException)
    total = Journal(tmp_path).total
    assert (total.calls, total.refused) == (3, 2)


def test_a_refusal_costs_what_it_says_and_what_the_profile_says(tmp_path: Path) -> None:
    prices = {"price_in": 10.0, "price_call": 7.0, "price_refusal": 0.05}
    with serving(Fake(faults=Faults(refusals={"messages": 1.0}))) as fake, metered() as spent:
        make(fake, [chat("x")], tmp_path, prices)
    total = Journal(tmp_path).total
    assert (total.calls, total.refused, total.tokens_in) == (1, 1, 40)
    assert total.micros == spent.micros == 400 + 50_000
    assert (spent.calls, spent.tokens_in) == (1, 40)


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b'{"usage": null}', b'{"usage": 7}'])
def test_a_refusal_that_says_nothing_of_its_cost_is_taken_to_have_used_nothing(body: bytes) -> None:
    kept = kept_of(chat("x"), EndpointRefusedError("no", 400, body), OPEN)
    assert kept is not None
    assert (kept.reply, kept.status, kept.tokens_in, kept.micros, kept.refused) == (body, 400, 0, 0, True)


def test_what_may_pass_is_not_kept() -> None:
    assert kept_of(chat("x"), EndpointBusyError("status 500"), OPEN) is None
    assert kept_of(chat("x"), EndpointRefusedError("no address", 400), OPEN) is None, "the profile is wrong"
    page = Call(kind="read", path="http://x/page")
    assert kept_of(page, EndpointBusyError("time-out"), OPEN) is not None, "the web is as it is"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, b'{"error": {"code": "content_policy_violation"}}', EndpointRefusedError),
        (403, b'{"error": {"metadata": {"flagged_input": "..."}}}', EndpointRefusedError),
        (403, b'{"error": "no such right"}', EndpointSetupError),
        (400, b'[{"error": {"message": "API key not valid. Please pass one."}}]', EndpointSetupError),
        (429, b'{"error": {"code": "insufficient_quota"}}', EndpointSetupError),
        (429, b'{"error": {"code": "rate_limit_exceeded"}}', EndpointBusyError),
    ],
)
def test_one_request_is_refused_or_every_one(status: int, body: bytes, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        check_status(Answer(status, {}, body), OPEN, own=True)
