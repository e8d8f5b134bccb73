"""When a call is tried again, after how long, and when it is given up."""

from __future__ import annotations

from tenacity import RetryCallState, wait_random_exponential

from workers.endpoint.errors import EndpointBusyError
from workers.endpoint.settings import Endpoint

_BACK_OFF = wait_random_exponential(multiplier=0.5, max=30)
"""Full jitter: 0..0.5 s, 0..1 s, 0..2 s and so on, so that what failed together returns apart."""

LONGEST_WAIT = 300.0
"""Seconds that a Retry-After is obeyed at most; a server that asks for more is as good as down."""

PATIENCE = 900.0
"""Seconds for which a call does what a server asks that wants patience (429). This costs it none of its
tries: a limit a minute is over in a minute, and more slots than a limit allows must lose no record. Fifteen
such windows, a choice."""


def asks_for_patience(error: BaseException | None, endpoint: Endpoint) -> bool:
    """Whether a server works and wants to be asked later. On the open web each host speaks for itself, and
    some say so for ever."""
    return endpoint.breaker and isinstance(error, EndpointBusyError) and not error.broken


class GiveUp:
    """After so many tries of one call, of which those do not count that only came too early."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._failed = 0

    def __call__(self, state: RetryCallState) -> bool:
        if asks_for_patience(_error_of(state), self._endpoint):
            return (state.seconds_since_start or 0.0) > PATIENCE
        self._failed += 1
        return self._failed >= self._endpoint.tries


def wait(state: RetryCallState) -> float:
    """Back-off, after what the server asked for: those who were asked together return apart."""
    error = _error_of(state)
    asked = error.retry_after if isinstance(error, EndpointBusyError) else None
    return min(asked or 0.0, LONGEST_WAIT) + _BACK_OFF(state)


def _error_of(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
