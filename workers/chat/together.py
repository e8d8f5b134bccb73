"""A batch of requests of which one may be more than the model can take."""

from __future__ import annotations

from collections.abc import Sequence

from catalogs.stage import StopRun
from workers.chat.interface import Chat, ChatReply, ChatRequest
from workers.errors import WorkerError


def replies_of(chat: Chat, requests: Sequence[ChatRequest]) -> list[ChatReply | WorkerError]:
    """A reply, or what kept it from coming, for each request, in order; raises `StopRun`.

    Where a batch fails its requests are put one by one, to tell which it was. An endpoint has journalled the
    calls that were answered, and does not make them again.
    """
    try:
        return list(chat.complete(requests))
    except StopRun:
        raise
    except WorkerError as error:
        if len(requests) == 1:
            return [error]
        return [reply for request in requests for reply in replies_of(chat, [request])]
