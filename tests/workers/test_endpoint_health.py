"""Who waits for an endpoint that does not answer is told so, once."""

from __future__ import annotations

import pytest

from workers.endpoint.errors import EndpointBusyError
from workers.endpoint.health import TOLD_AT, Health
from workers.endpoint.limits import BREAK_AFTER
from workers.endpoint.settings import Endpoint

ERROR = EndpointBusyError("connection refused")


def test_an_endpoint_that_does_not_answer_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    health = Health(Endpoint(base_url="http://localhost:1/v1"))
    for _ in range(BREAK_AFTER):
        health.failed(ERROR, probe=False)
    assert not caplog.messages, "one pause is no news"
    for _ in range(TOLD_AT + 2):
        health.failed(ERROR, probe=True)
        health.failed(ERROR, probe=False)
    (said,) = caplog.messages
    assert said.startswith("http://localhost:1/v1 does not answer (connection refused): is it started?")
