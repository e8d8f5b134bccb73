"""Reading a page through a service that renders it to text: Jina's reader, or what speaks like it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from workers.endpoint import CLIENTS, Call, Calls, Usage
from workers.endpoint.errors import EndpointBusyError, EndpointRefusedError
from workers.endpoint.replies import decoded
from workers.search.settings import ReaderEndpoint

MOST_CHARACTERS = 2000
"""Of a page; where the published pipeline cuts its text."""


class _Page(msgspec.Struct):
    content: str = ""
    title: str = ""


class _Read(msgspec.Struct):
    data: _Page


@dataclass(frozen=True)
class Reader:
    """`POST /` with an address, and the page as text comes back."""

    settings: ReaderEndpoint
    calls: Calls

    async def read(self, url: str) -> str:
        """The start of a page, cut at a line or sentence; empty where it cannot be read."""
        call = Call(kind="read", path="", json={"url": url}, check=_used)
        try:
            recorded = await CLIENTS.of(self.settings, self.calls).call(call)
        except (EndpointBusyError, EndpointRefusedError):
            return ""
        return _cut(decoded(recorded.reply, _Read).data.content.strip())


def _used(reply: bytes) -> Usage:
    decoded(reply, _Read)
    return Usage(items=1)


def _cut(text: str) -> str:
    if len(text) <= MOST_CHARACTERS:
        return text
    start = text[:MOST_CHARACTERS]
    end = max(start.rfind(mark) for mark in ("\n", ". ", "。"))
    return start[: end + 1].strip() if end > MOST_CHARACTERS // 2 else start
