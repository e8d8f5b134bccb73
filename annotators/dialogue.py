"""Holding many dialogues with one chat worker at once, so that a model always sees full batches (rule 7).

A dialogue is a generator: it yields a `ChatRequest`, is sent the text of the reply, and returns the outcome
of its record. `converse` advances all dialogues of a batch in step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

import msgspec

from annotators.instructions import instruction
from catalogs.stage import Failed, Outcome, Rejected, StopRun
from workers.chat.interface import Chat, ChatRequest, Message, RemoteChat
from workers.errors import ModelReplyError

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

Asking = Generator[ChatRequest, str, T]
"""Something that asks, is answered in text, and returns a `T`."""

MOST_THREADS = 256
"""Dialogues of a batch that are held at once; each is a thread that waits most of its time."""

_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n\s*```\s*\Z", re.S)


def converse(chat: Chat, dialogues: Sequence[Asking[Outcome]]) -> list[Outcome]:
    """The outcome of each dialogue, in their order.

    An exception inside a dialogue fails that record alone; one from the worker is passed on, and the engine
    runs the rows one by one. With a server as worker no dialogue waits for another.
    """
    if isinstance(chat, RemoteChat):
        return _converse_apart(chat, dialogues)
    outcomes: list[Outcome | None] = [None] * len(dialogues)
    asked: dict[int, ChatRequest] = {}

    def advance(index: int, reply: str | None) -> None:
        asked.pop(index, None)
        try:
            asked[index] = dialogues[index].send(reply)  # type: ignore[arg-type]  # None starts a generator
        except StopIteration as end:
            outcomes[index] = end.value
        except Exception as error:
            outcomes[index] = _unfinished(error)

    for index in range(len(dialogues)):
        advance(index, None)
    while asked:
        indexes = sorted(asked)
        replies = chat.complete([asked[index] for index in indexes])
        for index, reply in zip(indexes, replies, strict=True):
            advance(index, reply.text)
    return [outcome for outcome in outcomes if outcome is not None]


def _converse_apart(chat: RemoteChat, dialogues: Sequence[Asking[Outcome]]) -> list[Outcome]:
    """Every dialogue in a thread of its own: while one waits for a reply, another searches or fetches.

    `StopRun` is passed on; finished calls are journalled, so that nothing is asked twice.
    """
    if not dialogues:
        return []
    with ThreadPoolExecutor(min(len(dialogues), MOST_THREADS)) as pool:
        futures = [pool.submit(copy_context().run, _alone, chat, dialogue) for dialogue in dialogues]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _alone(chat: Chat, dialogue: Asking[Outcome]) -> Outcome:
    """One dialogue from its first request to its outcome; whatever goes wrong fails this record alone."""
    reply: str | None = None
    try:
        while True:
            request = dialogue.send(reply)  # type: ignore[arg-type]  # None starts a generator
            reply = chat.complete([request])[0].text
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
    except StopRun:
        raise
    except Exception as error:
        return _unfinished(error)


def _unfinished(error: Exception) -> Outcome:
    """A model that answers twice in a way that cannot be used has answered: its record is rejected."""
    if isinstance(error, ModelReplyError):
        return Rejected("unusable-reply", str(error)[:2000])
    return Failed(type(error).__name__, str(error)[:2000])


def ask(request: ChatRequest, parse: Callable[[str], T]) -> Asking[T]:
    """Ask, and where the reply cannot be used say why and ask once more.

    Raises `ModelReplyError` when the second reply cannot be used either.
    """
    reply = yield request
    try:
        return parse(reply)
    except ModelReplyError as error:
        again = Message("user", instruction("again", problem=str(error)))
        messages = (*request.messages, Message("assistant", reply), again)
        return parse((yield msgspec.structs.replace(request, messages=messages)))


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
