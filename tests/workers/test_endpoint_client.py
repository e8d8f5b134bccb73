"""Calls over HTTP: each made once, within limits, tried again where that helps, kept as it returns."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import Fake, Faults, serving
from workers.endpoint import Budget, Call, Calls, Clients, Endpoint
from workers.endpoint.errors import (
    BudgetSpentError,
    EndpointBusyError,
    EndpointRefusedError,
    EndpointSetupError,
    NotRecordedError,
    StoppedError,
)
from workers.endpoint.journal import Journal, Recorded, journal_of
from workers.endpoint.loop import start
from workers.endpoint.replies import decoded
from workers.endpoint.settings import Usage


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serving(Fake(script=lambda body: body["messages"][0]["content"].upper())) as server:
        yield server


def used(reply: bytes) -> Usage:
    counted = decoded(reply, dict[str, Any])["usage"]
    return Usage(counted["prompt_tokens"], counted["completion_tokens"], 1)


def chat(text: str, **more: Any) -> Call:
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    return Call(kind="chat", path="chat/completions", model="m", json=body, check=used, **more)


def make(
    fake: Fake, calls: list[Call], folder: Path, endpoint: dict[str, Any] | None = None, **more: Any
) -> list[Recorded | BaseException]:
    """The calls, all at once, by a process of its own."""
    import asyncio

    settings = {"base_url": f"{fake.address}/v1", "timeout": 1.0, "tries": 8, **(endpoint or {})}
    journal_of.cache_clear()
    client = Clients().of(Endpoint(**settings), Calls(str(folder), **more))

    async def together() -> list[Recorded | BaseException]:
        return await asyncio.gather(*(client.call(call) for call in calls), return_exceptions=True)

    return start(together()).result(60)


def test_a_finished_call_is_never_made_again(fake: Fake, tmp_path: Path) -> None:
    first = make(fake, [chat("one"), chat("two")], tmp_path)
    again = make(fake, [chat("two"), chat("one"), chat("three")], tmp_path)
    assert again[:2] == first[::-1]
    assert fake.calls["chat"] == 3


def test_equal_calls_at_the_same_time_are_one(tmp_path: Path) -> None:
    with serving(Fake(latency={"chat": 0.05}, script=lambda body: "yes")) as fake:
        made = make(fake, [chat("same")] * 20, tmp_path)
    assert fake.calls["chat"] == 1
    assert len({one.reply for one in made if isinstance(one, Recorded)}) == 1


def test_no_more_calls_are_in_flight_than_there_are_slots(tmp_path: Path) -> None:
    with serving(Fake(latency={"chat": 0.02}, script=lambda body: "yes")) as fake:
        make(fake, [chat(str(number)) for number in range(30)], tmp_path, {"slots": 5})
    assert fake.most_at_once == 5


def test_whatever_goes_wrong_on_the_way_is_tried_again(tmp_path: Path) -> None:
    with serving(Fake(faults=Faults(rate=0.5, seed=3), script=lambda body: "yes")) as fake:
        made = make(fake, [chat(str(n)) for n in range(40)], tmp_path, {"timeout": 0.3, "tries": 20})
    assert all(isinstance(one, Recorded) for one in made)
    assert set(fake.faults.made) == {"429", "500", "cut", "half", "html", "trickle"}


@pytest.mark.parametrize("kind", ["500", "cut", "half", "html", "trickle"])
def test_a_fault_that_stays_is_an_error_of_that_call(kind: str, tmp_path: Path) -> None:
    faults = Faults(rate=1.0, kinds=(kind,), retry_after="0")
    with serving(Fake(faults=faults, script=lambda body: "yes")) as fake:
        (error,) = make(fake, [chat("x")], tmp_path, {"tries": 2, "timeout": 1.0})
    assert isinstance(error, EndpointBusyError)
    assert fake.calls["chat"] == 2


def test_a_refused_key_stops_the_run_and_is_repeated_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TEACHER_KEY", "sk-wrong-12345")
    with serving(Fake(key="sk-right", script=lambda body: "yes")) as fake:
        (error,) = make(fake, [chat("x")], tmp_path, {"key_env": "TEACHER_KEY"})
        assert isinstance(error, EndpointSetupError)
        assert "Incorrect API key provided" in str(error)
        assert "sk-wrong-12345" not in str(error)
        monkeypatch.setenv("TEACHER_KEY", "sk-right")
        (answer,) = make(fake, [chat("x")], tmp_path, {"key_env": "TEACHER_KEY"})
    assert isinstance(answer, Recorded)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for key in ("sk-right", "sk-wrong-12345"):
        assert key.encode() not in kept
        assert key not in caplog.text


def test_a_key_does_not_follow_a_redirect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEACHER_KEY", "sk-right")
    with serving(Fake(script=lambda body: "yes")) as fake:
        elsewhere = {"base_url": f"{fake.address}/moved"}
        (error,) = make(fake, [chat("x")], tmp_path, {**elsewhere, "key_env": "TEACHER_KEY"})
        assert isinstance(error, EndpointSetupError)
        assert "it has moved" in str(error)
        assert fake.calls["chat"] == 0
        (followed,) = make(fake, [chat("x")], tmp_path, elsewhere)
        assert isinstance(followed, Recorded)


def test_a_stop_awaits_what_is_in_flight_and_begins_nothing(tmp_path: Path) -> None:
    import asyncio

    journal_of.cache_clear()
    clients = Clients()
    with serving(Fake(latency={"chat": 0.2}, script=lambda body: "yes")) as fake:
        endpoint = Endpoint(base_url=f"{fake.address}/v1", slots=3)
        client = clients.of(endpoint, Calls(str(tmp_path)))

        async def stopped() -> list[Recorded | BaseException]:
            calls = [asyncio.ensure_future(client.call(chat(str(number)))) for number in range(9)]
            while client.in_flight < 3:
                await asyncio.sleep(0.01)
            clients.stop()
            await clients.quiet()
            assert client.in_flight == 0
            return await asyncio.gather(*calls, return_exceptions=True)

        ends = start(stopped()).result(30)
    assert [type(end) for end in ends] == [Recorded] * 3 + [StoppedError] * 6
    assert fake.calls["chat"] == len(journal_of(str(tmp_path), replay=False)) == 3


def test_a_missing_key_names_the_variable_before_any_call(fake: Fake, tmp_path: Path) -> None:
    (error,) = make(fake, [chat("x")], tmp_path, {"key_env": "NO_SUCH_KEY"})
    assert isinstance(error, EndpointSetupError)
    assert "NO_SUCH_KEY" in str(error)
    assert not fake.calls


def test_a_budget_stops_new_calls_and_keeps_what_was_paid(fake: Fake, tmp_path: Path) -> None:
    prices = {"slots": 1, "price_in": 1.0, "price_out": 1.0, "price_call": 0.25}
    calls = [chat(str(number)) for number in range(10)]
    made = make(fake, calls, tmp_path, prices, budget=Budget(money=1.0))
    assert [type(one) for one in made] == [Recorded] * 4 + [BudgetSpentError] * 6
    more = make(fake, calls, tmp_path, prices, budget=Budget(money=1.5))
    assert sum(isinstance(one, Recorded) for one in more) == 6
    assert fake.calls["chat"] == 6


def test_a_replay_answers_from_the_journal_with_the_network_closed(fake: Fake, tmp_path: Path) -> None:
    first = make(fake, [chat("one")], tmp_path)
    closed = {"base_url": "http://nowhere.invalid/v1", "key_env": "NO_SUCH_KEY"}
    again, unknown = make(fake, [chat("one"), chat("new")], tmp_path, closed, replay=True)
    assert [again] == first
    assert isinstance(unknown, NotRecordedError)


def test_a_picture_that_cannot_be_had_is_a_result_and_asked_for_once(fake: Fake, tmp_path: Path) -> None:
    call = Call(kind="fetch", path=f"{fake.address}/pages/none.png", method="GET")
    (missing,) = make(fake, [call], tmp_path)
    (replayed,) = make(fake, [call], tmp_path, replay=True)
    assert isinstance(missing, Recorded)
    assert missing.status == 404
    assert replayed == missing


def test_a_request_that_is_refused_for_what_it_holds_is_not_tried_again(tmp_path: Path) -> None:
    call = Call(kind="search", path="nothing/here", json={})
    with serving(Fake()) as fake:
        (error,) = make(fake, [call], tmp_path)
    assert isinstance(error, (EndpointSetupError, EndpointRefusedError))
    assert sum(fake.calls.values()) == 1


@pytest.mark.parametrize("address", ["http://a..b/x.png", f"http://{'a' * 70}.example/x.png"])
def test_a_host_that_no_name_can_be_is_a_picture_that_cannot_be_had(address: str, tmp_path: Path) -> None:
    call = Call(kind="fetch", path=address, method="GET")
    (missing,) = make(Fake(address="http://x"), [call], tmp_path, {"base_url": ""})
    assert isinstance(missing, Recorded)
    assert missing.status == 400


def test_an_interrupt_waits_for_what_is_paid_for_and_begins_nothing(tmp_path: Path) -> None:
    """Scoring asks its judge from the main thread: Ctrl-C is heard where it waits for the answers."""
    from workers.chat.endpoint import ChatEndpoint, EndpointChat
    from workers.chat.interface import ChatRequest, Message

    journal_of.cache_clear()
    with serving(Fake(latency={"chat": 0.6}, script=lambda body: "yes")) as fake:
        endpoint = ChatEndpoint(base_url=f"{fake.address}/v1", model="tiny", slots=3)
        judge = EndpointChat(endpoint, Calls(str(tmp_path)), str(tmp_path / "blobs"))
        requests = [
            ChatRequest(task="t", messages=(Message("user", str(number)),), facts={}) for number in range(9)
        ]
        heard = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
        try:
            threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT]).start()
            with pytest.raises(KeyboardInterrupt):
                judge.complete(requests)
        finally:
            signal.signal(signal.SIGINT, heard)
        assert len(Journal(tmp_path)) == fake.calls["chat"] == 3
        assert len(judge.complete(requests)) == 9, "calls may be made again"
        assert fake.calls["chat"] == 9
