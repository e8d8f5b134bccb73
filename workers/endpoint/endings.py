"""Calls that brought no answer: what the journal keeps of them, and what a later look-up makes of that.

A refusal for good (a 4xx status with a reason: content policy, a request too long) is a result of the call,
so it is kept like an answer and comes to the same end in a replay. What may pass (time-outs, 5xx) is not.
"""

from __future__ import annotations

import time

import msgspec

from workers.endpoint.errors import EndpointBusyError, EndpointError, EndpointRefusedError
from workers.endpoint.journal import Recorded
from workers.endpoint.settings import Call, Endpoint, Usage

NO_ANSWER = 599
"""Status of a picture or page that no try could fetch."""

OF_THE_WEB = frozenset({"fetch", "read"})
"""Kinds of calls whose failure is a result of every kind, silence included: a picture or page that cannot be
had. A replay has to come to the same end."""

SHOWN = 300
"""Bytes of a refusal that its error repeats."""

KEPT = 64 * 2**10
"""Bytes of a refusal that the journal keeps; a reason takes a few hundred, a page of HTML some thousand."""


class _Counted(msgspec.Struct):
    """As the chat interface names what was used, and as the Images API does."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


class _Any(msgspec.Struct):
    usage: _Counted | None = None


def refusal_of(status: int, said: bytes) -> EndpointRefusedError:
    """The error that a refusal is, when it comes and whenever it is looked up."""
    words = said[:SHOWN].decode("utf-8", "replace")
    return EndpointRefusedError(f"status {status}: {words}", status, said[:KEPT])


def kept_of(call: Call, error: EndpointError, endpoint: Endpoint) -> Recorded | None:
    """What is written down of a call that ended with an error; None where the next run has to try again."""
    now = int(time.time())
    if call.kind in OF_THE_WEB and isinstance(error, EndpointRefusedError | EndpointBusyError):
        status = error.status if isinstance(error, EndpointRefusedError) else NO_ANSWER
        return Recorded(str(error).encode(), status=status, at=now)
    if not isinstance(error, EndpointRefusedError) or error.said is None:
        return None
    used = counted_in(error.said, refusals=1)
    return Recorded(
        error.said,
        used.tokens_in,
        used.tokens_out,
        used.micros(endpoint),
        status=error.status,
        at=now,
        refused=True,
    )


def counted_in(said: bytes, refusals: int = 0) -> Usage:
    """What a body says that it used, whatever else it is. Most servers say nothing of what a refusal has
    used; then it is what the profile says of refusals."""
    try:
        counted = msgspec.json.decode(said, type=_Any).usage or _Counted()
    except (msgspec.DecodeError, UnicodeDecodeError):
        counted = _Counted()
    return Usage(
        counted.prompt_tokens or counted.input_tokens or 0,
        counted.completion_tokens or counted.output_tokens or 0,
        refusals=refusals,
    )
