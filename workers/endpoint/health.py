"""How an endpoint fares, told by the ends of its calls; it stops the run where no call can succeed."""

from __future__ import annotations

import logging
import time

from workers.endpoint import retries
from workers.endpoint.errors import (
    EndpointBusyError,
    EndpointDownError,
    EndpointRefusedError,
    EndpointSetupError,
)
from workers.endpoint.limits import Breaker
from workers.endpoint.settings import Call, Endpoint

ALL_REFUSED = 20
"""Chats refused before any is answered, after which the endpoint is taken to refuse every one (a parameter
that it does not know, a window that is too small): a choice. A policy refuses few. A drawing model that has
nothing but celebrities to draw may refuse them all, so it is not held to this."""

TOLD_AT = 3
"""Pauses in a row at which whoever waits is told for what: after three seconds, a hiccup is no news."""


class Health:
    """Of one endpoint, as one process sees it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.breaker = Breaker()
        self._endpoint = endpoint
        self._heard_at = time.monotonic()
        """When it last answered or refused; at first when the client was made."""
        self._refused: int | None = 0
        """Chats that it has refused; None once it has answered one."""

    def answered(self) -> None:
        self._works()
        self._refused = None

    def refused(self, call: Call, error: EndpointRefusedError) -> None:
        """Raises `EndpointSetupError` where it refuses whatever it is asked."""
        self._works()
        if self._refused is None or call.kind != "chat":
            return
        self._refused += 1
        if self._refused >= ALL_REFUSED:
            raise EndpointSetupError(
                f"{self._endpoint.base_url} has refused all of its first {self._refused} calls, the last one "
                f"with {error}: look at model, extra and omit in the profile"
            ) from error

    def failed(self, error: EndpointBusyError, *, probe: bool) -> None:
        """Tell the breaker; a server that asks for patience works. Raises `EndpointDownError`."""
        if not error.broken or not self._endpoint.breaker:
            self.breaker.succeeded()
            return
        pauses = self.breaker.pauses
        self.breaker.failed(time.monotonic(), probe=probe)
        if pauses < self.breaker.pauses == TOLD_AT:
            logging.getLogger(__name__).warning(
                f"{self._endpoint.base_url} does not answer ({error}): is it started? It is tried for five "
                "more minutes; Ctrl-C ends the run, and everything finished is kept"
            )
        if self.breaker.is_down:
            raise EndpointDownError(
                f"{self._endpoint.base_url} stays down ({error}): start it again, then run again; "
                "everything finished is kept"
            ) from error

    def given_up(self, error: EndpointBusyError) -> None:
        """A call has used up its tries or its patience. Raises `EndpointDownError` where no other was
        answered all that time either."""
        unheard = time.monotonic() - self._heard_at
        if retries.asks_for_patience(error, self._endpoint) and unheard > retries.PATIENCE:
            raise EndpointDownError(
                f"{self._endpoint.base_url} has asked for patience and answered nothing for "
                f"{unheard / 60:.0f} minutes ({error}): look at the limits of the account, then run again; "
                "everything finished is kept"
            ) from error

    def _works(self) -> None:
        self.breaker.succeeded()
        self._heard_at = time.monotonic()
