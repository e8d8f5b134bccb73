"""Errors of calls over HTTP.

WorkerError
└── EndpointError             a call brought no answer that can be used; its record fails and is tried again
    ├── EndpointBusyError     the endpoint did not answer after all tries: time-outs, 5xx, cut connections
    ├── EndpointRefusedError  the endpoint will not take this one request (a 4xx status)
    ├── NotRecordedError      a replay needs a call that the journal does not hold
    └── (with StopRun)        no call to this endpoint can succeed, so the run stops
        ├── EndpointSetupError    key missing or refused, unknown model, wrong address, quota used up
        ├── EndpointDownError     pauses did not bring the endpoint back
        ├── BudgetSpentError      the budget of the profile is spent
        └── StoppedError          the run is being stopped, for another reason
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalogs.stage import StopRun
from workers.errors import WorkerError

if TYPE_CHECKING:
    from workers.endpoint.settings import Usage


class EndpointError(WorkerError):
    """A call brought no answer that can be used."""


class EndpointBusyError(EndpointError):
    """A try failed in a way that another one may mend. `retry_after`: seconds that the server asks for."""

    def __init__(
        self,
        message: str,
        retry_after: float | None = None,
        *,
        broken: bool = True,
        used: Usage | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.broken = broken
        """False for a server that works and asks for patience (429): no reason to pause the endpoint."""
        self.used = used
        """What a whole reply has cost that cannot be used, where that is not in its `usage`."""


class EndpointRefusedError(EndpointError):
    """The endpoint will not take this one request; `status` says how."""

    def __init__(self, message: str, status: int, said: bytes | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.said = said
        """The body of the refusal; None where no server refused (an address that is none)."""


class NotRecordedError(EndpointError):
    """A replay needs a call that the journal does not hold."""


class EndpointSetupError(EndpointError, StopRun):
    """No call to this endpoint can succeed before its setup is mended."""


class EndpointDownError(EndpointError, StopRun):
    """The endpoint stays down."""


class StoppedError(EndpointError, StopRun):
    """The run is being stopped: no further call begins, and those in flight are awaited and kept."""


class BudgetSpentError(EndpointError, StopRun):
    """The budget is spent."""
