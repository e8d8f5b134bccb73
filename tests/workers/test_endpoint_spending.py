"""What is paid for is counted, what can only fail stops the run, and who is asked for patience has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import Fake, Faults, serving
from tests.fakes.http import Reply, Request
from tests.fakes.server import ROUTES
from tests.workers.test_endpoint_client import chat, make
from workers.drawing.images_api import ImagesApi, ImagesEndpoint
from workers.drawing.interface import DrawingRequest
from workers.endpoint import Calls, Endpoint, retries
from workers.endpoint.errors import (
    EndpointBusyError,
    EndpointDownError,
    EndpointRefusedError,
    EndpointSetupError,
)
from workers.endpoint.journal import Journal, Recorded
from workers.endpoint.replies import Answer, check_status
from workers.meter import metered

USAGE = {"prompt_tokens": 40, "completion_tokens": 2}
ANSWER = Reply.of({"choices": [{"message": {"role": "assistant", "content": "yes"}}], "usage": USAGE})
PATIENCE = Reply.of({"error": {"message": "Rate limit reached"}}, 429)


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serving(Fake()) as server:
        yield server


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Request]]:
    """Have a route answer these, the last of them for ever; what it was asked."""

    def saying(*replies: Reply, path: str = "/v1/chat/completions") -> list[Request]:
        heard: list[Request] = []

        def route(request: Request, _: Any) -> Reply:
            heard.append(request)
            return replies[min(len(heard), len(replies)) - 1]

        kind = ROUTES["POST", path][0]
        monkeypatch.setitem(ROUTES, ("POST", path), (kind, route))
        return heard

    return saying


def test_a_reply_that_cannot_be_used_has_cost_what_it_says(
    fake: Fake, says: Callable[..., list[Request]], tmp_path: Path
) -> None:
    says(Reply.of({"choices": [], "usage": USAGE}), Reply.of({"usage": USAGE, "choices": 3}), ANSWER)
    strict = chat("x")

    def check(reply: bytes) -> Any:
        if b"yes" not in reply:
            raise EndpointBusyError("not an answer of this protocol")
        return strict.check(reply)

    import dataclasses

    with metered() as spent:
        (answer,) = make(fake, [dataclasses.replace(strict, check=check)], tmp_path, {"price_in": 10.0})
    assert isinstance(answer, Recorded)
    total = Journal(tmp_path).total
    assert (total.calls, total.lost, total.tokens_in) == (1, 2, 120)
    assert total.micros == spent.micros == 1200
    assert len(Journal(tmp_path)) == 1
    assert make(fake, [strict], tmp_path) == [answer]


def test_too_few_pictures_are_paid_for_each_time(
    fake: Fake, says: Callable[..., list[Request]], tmp_path: Path
) -> None:
    import base64

    from tests.fakes.routes import png

    one = {"b64_json": base64.b64encode(png("a")).decode()}
    says(Reply.of({"data": [one]}), path="/v1/images/generations")
    settings = ImagesEndpoint(
        base_url=f"{fake.address}/v1", model="brush", tries=3, seeded=False, price_call=0.04
    )
    request = DrawingRequest(recaption="A tiger.", language="en", references=(), seed=1)
    twice = [request, DrawingRequest(recaption="A tiger.", language="en", references=(), seed=2)]
    with pytest.raises(EndpointBusyError, match="1 pictures came where 2"):
        ImagesApi(settings, Calls(str(tmp_path))).draw(twice)
    total = Journal(tmp_path).total
    assert (total.calls, total.lost, total.micros) == (0, 3, 3 * 40_000)


def test_a_teacher_that_refuses_whatever_it_is_asked_stops_the_run(
    fake: Fake, says: Callable[..., list[Request]], tmp_path: Path
) -> None:
    says(Reply.of({"error": {"message": "Unsupported parameter: 'max_tokens'"}}, 400))
    ends = make(fake, [chat(str(number)) for number in range(60)], tmp_path, {"slots": 1})
    assert [type(end) for end in ends[:19]] == [EndpointRefusedError] * 19
    assert {type(end) for end in ends[19:]} == {EndpointSetupError}
    assert "Unsupported parameter" in str(ends[-1])


def test_a_teacher_that_has_answered_may_refuse_as_often_as_it_likes(
    fake: Fake, says: Callable[..., list[Request]], tmp_path: Path
) -> None:
    says(ANSWER, Reply.of({"error": {"message": "Your request was rejected by the safety system"}}, 400))
    ends = make(fake, [chat(str(number)) for number in range(60)], tmp_path, {"slots": 1})
    assert [type(end) for end in ends] == [Recorded] + [EndpointRefusedError] * 59


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b'{"error": {"message": "Your credit balance is too low to access the Anthropic API."}}'),
        (400, b'{"error": {"message": "You have reached your specified API usage limits."}}'),
        (400, b'{"error": {"code": "billing_hard_limit_reached"}}'),
        (429, b'{"error": {"message": "' + b"x" * 400 + b'", "type": "insufficient_quota"}}'),
    ],
)
def test_an_empty_account_stops_the_run_whatever_its_status(status: int, body: bytes) -> None:
    with pytest.raises(EndpointSetupError, match="look at the account"):
        check_status(Answer(status, {}, body), Endpoint(base_url="http://x/v1"), own=True)


def test_who_is_asked_for_patience_loses_no_try(
    fake: Fake, says: Callable[..., list[Request]], tmp_path: Path
) -> None:
    soon = Reply(PATIENCE.body, status=429, headers={"Retry-After": "0"})
    heard = says(*[soon] * 4, ANSWER)
    (answer,) = make(fake, [chat("x")], tmp_path, {"tries": 2})
    assert isinstance(answer, Recorded)
    assert len(heard) == 5


def test_patience_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "PATIENCE", 0.2)
    faults = Faults(rate=1.0, kinds=("429",), retry_after="0.1")
    with serving(Fake(faults=faults, script=lambda body: "yes")) as fake:
        (error,) = make(fake, [chat("x")], tmp_path, {"tries": 1})
        assert isinstance(error, EndpointDownError), "nobody was answered meanwhile"
        call = chat("x")
        (error,) = make(fake, [call], tmp_path, {"tries": 2, "breaker": False})
        assert isinstance(error, EndpointBusyError), "on the open web each host asks for itself"


def test_a_key_is_read_without_the_line_end_that_its_file_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEACHER_KEY", "sk-right\n")
    with serving(Fake(key="sk-right", script=lambda body: "yes")) as fake:
        (answer,) = make(fake, [chat("x")], tmp_path, {"key_env": "TEACHER_KEY"})
    assert isinstance(answer, Recorded)
    monkeypatch.setenv("TEACHER_KEY", "sk\nright")
    (error,) = make(fake, [chat("y")], tmp_path, {"key_env": "TEACHER_KEY"})
    assert isinstance(error, EndpointSetupError)
    assert "TEACHER_KEY" in str(error)
    assert "right" not in str(error)


def test_who_came_too_early_has_used_no_tokens(
    fake: Fake, says: Callable[..., list[Request]], tmp_path: Path
) -> None:
    """Each try would have to wait as long as its answer takes, a minute and more, for what nobody used."""
    soon = Reply(PATIENCE.body, status=429, headers={"Retry-After": "0"})
    heard = says(soon, soon, ANSWER)
    (answer,) = make(fake, [chat("x", tokens=100_000)], tmp_path, {"tokens_per_minute": 60_000.0})
    assert isinstance(answer, Recorded)
    assert len(heard) == 3
