"""The chat worker: messages in, text out. A rule-based teacher and any language model stand behind it.

A request carries the messages that a language model reads, and beside them the same content as plain data
(`facts`), from which the rule-based teacher answers. Both answer in text of the same format, and both
answers go through the same parser and the same validators.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec

from catalogs.stage import Worker


class Message(msgspec.Struct, frozen=True):
    """One message; `images` are SHA-256 names of blobs shown with it, in order."""

    role: str
    text: str
    images: tuple[str, ...] = ()


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    task: str
    """What is asked: ``prompts``, ``multi-hop``,
    ``gap``, ``text-query``, ``read``, ``image-query``, ``recaption``."""
    messages: tuple[Message, ...]
    facts: dict[str, Any]
    schema: dict[str, Any] | None = None
    """JSON schema of the answer, for servers that can be held to one; None for answers in text."""
    tools: tuple[str, ...] = ()
    """Names of the tools that the answer may call, for servers that are told of them."""


class ChatReply(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    tokens_in: int = 0
    tokens_out: int = 0


class Chat(Worker, Protocol):
    def complete(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        """One reply a request, in order."""
        ...


@runtime_checkable
class LimitedChat(Chat, Protocol):
    """A chat worker that does not write everything in every language."""

    def writes(self, task: str, language: str) -> bool:
        """Whether it answers a task in a language."""
        ...


@runtime_checkable
class RemoteChat(Chat, Protocol):
    """A chat worker that waits for a server: every call goes its own way, and many wait at once."""

    @property
    def slots(self) -> int:
        """Calls that the server takes at once."""
        ...

    async def acomplete(self, request: ChatRequest) -> ChatReply:
        """One reply, awaited on the loop of `workers.endpoint.loop`."""
        ...
