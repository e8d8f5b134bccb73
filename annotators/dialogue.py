"""Holding dialogues with a chat worker: the asking, the asking again, the reading of replies in JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from annotators.driving import in_step, on_the_loop
from annotators.instructions import instruction
from annotators.requests import Asking, say
from catalogs.stage import Outcome
from workers.chat.interface import Chat, ChatRequest, Message, RemoteChat
from workers.errors import ModelReplyError

__all__ = ["Asking", "ask", "converse", "decode", "identity", "schema_of"]

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n\s*```\s*\Z", re.S)


def converse(chat: Chat, dialogues: Sequence[Asking[Outcome]]) -> list[Outcome]:
    """The outcome of each dialogue, in their order.

    An exception inside a dialogue fails that record alone, unless no record is to blame (`driving.ENDS`).
    """
    return on_the_loop(chat, dialogues) if isinstance(chat, RemoteChat) else in_step(chat, dialogues)


def ask(request: ChatRequest, parse: Callable[[str], T]) -> Asking[T]:
    """Ask, and where the reply cannot be used say why and ask once more.

    Raises `ModelReplyError` when the second reply cannot be used either.
    """
    reply = yield from say(request)
    try:
        return parse(reply)
    except ModelReplyError as error:
        again = Message("user", instruction("again", problem=str(error)))
        messages = (*request.messages, Message("assistant", reply), again)
        return parse((yield from say(msgspec.structs.replace(request, messages=messages))))


def decode(reply: str, expected: type[S]) -> S:
    """The JSON object in a reply, with or without a code fence around it; raises `ModelReplyError`."""
    fenced = _FENCE.match(reply)
    try:
        return msgspec.json.decode(fenced[1] if fenced else reply, type=expected)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise ModelReplyError(f"not the JSON object that was asked for: {error}") from error


def schema_of(expected: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON schema of what `decode` reads: all fields required, no other allowed."""
    _, components = msgspec.json.schema_components([expected])
    schema: dict[str, Any] = components[expected.__name__]
    for name, component in components.items():
        component["required"] = list(component.get("properties", {}))
        component["additionalProperties"] = False
        for field in component.get("properties", {}).values():
            field.pop("default", None)
        if name != expected.__name__:
            schema.setdefault("$defs", {})[name] = component
    return schema


def identity(chat: Chat) -> str:
    """Name and revision of a chat worker, as records carry them."""
    return f"{chat.name}@{chat.revision}"
