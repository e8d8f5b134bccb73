"""Two ways to hold many dialogues at once, and what both do with the next step of one.

In step: all dialogues advance together, so that a model in this process always sees full batches (rule 7).
On the loop: each dialogue goes its own way and waits for nobody but its own answers; a process holds as many
as it is given, in one thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import wait
from dataclasses import dataclass
from typing import Any, cast

from annotators.requests import Asked, Asking, Use
from catalogs.errors import BlobError, StorageError
from catalogs.stage import Failed, Outcome, Rejected, StopRun
from workers.asking import for_record
from workers.chat.interface import Chat, ChatRequest, RemoteChat
from workers.chat.together import replies_of
from workers.endpoint.loop import all_of, start
from workers.errors import ModelReplyError, WorkerError

ENDS = (StopRun, StorageError, BlobError)
"""What no record is to blame for: the engine ends the run."""


@dataclass
class Held:
    """A dialogue between two steps: either it asks for something, or it has come to its outcome."""

    dialogue: Asking[Outcome]
    asked: Asked | None = None
    outcome: Outcome | None = None

    def go_on(self, answer: Any = None, error: Exception | None = None) -> None:
        """Hand in an answer, or what went wrong in its place. Raises `ENDS`; any other exception fails this
        record alone."""
        try:
            self.asked = self.dialogue.send(answer) if error is None else self.dialogue.throw(error)
        except StopIteration as end:
            self.asked, self.outcome = None, end.value
        except ENDS:
            raise
        except Exception as problem:
            self.asked, self.outcome = None, _unfinished(problem)


def _unfinished(error: Exception) -> Outcome:
    """A model that answers twice in a way that cannot be used has answered: its record is rejected."""
    if isinstance(error, ModelReplyError):
        return Rejected("unusable-reply", str(error)[:2000])
    return Failed(type(error).__name__, str(error)[:2000])


def in_step(chat: Chat, dialogues: Sequence[Asking[Outcome]]) -> list[Outcome]:
    """The outcomes, in order. Tools are used until every dialogue waits for the chat worker, or is over.

    An error of the chat worker is raised in the dialogue that asked, as on the loop.
    """
    table = [Held(dialogue) for dialogue in dialogues]
    for held in table:
        held.go_on()
    while waiting := [held for held in table if held.asked is not None]:
        using = [(n, held) for n, held in enumerate(table) if isinstance(held.asked, tuple)]
        if using:
            _use_tools(using)
            continue
        replies = replies_of(chat, [held.asked for held in waiting if isinstance(held.asked, ChatRequest)])
        for held, reply in zip(waiting, replies, strict=True):
            if isinstance(reply, WorkerError):
                held.go_on(error=reply)
            else:
                held.go_on(reply.text)
    return [held.outcome for held in table if held.outcome is not None]


def _use_tools(table: Sequence[tuple[int, Held]]) -> None:
    """One step of each, all of which wait for tools. What is behind servers is asked at once."""
    away = []
    for place, held in table:
        uses = cast(tuple[Use[Any], ...], held.asked)
        if any(one.awaited for one in uses):
            away.append((place, held, uses))
            continue
        try:
            with for_record(place):
                found = [one.here() for one in uses]
        except Exception as error:
            held.go_on(error=error)
        else:
            held.go_on(found)
    if away:
        answers = start(all_of(_settled_for(place, uses) for place, _, uses in away)).result()
        for (_, held, _), answer in zip(away, answers, strict=True):
            held.go_on(*answer)


async def _settled_for(place: int, uses: Sequence[Use[Any]]) -> tuple[Any, Exception | None]:
    with for_record(place):
        return await _settled(uses)


async def _settled(uses: Sequence[Use[Any]]) -> tuple[Any, Exception | None]:
    """The answers, or what went wrong."""
    try:
        return await all_of(one.there() for one in uses), None
    except Exception as error:
        return None, error


def on_the_loop(chat: RemoteChat, dialogues: Sequence[Asking[Outcome]]) -> list[Outcome]:
    """The outcomes, in order. Once one dialogue wants the run to stop, none begins anything new; calls in
    flight come to their end, and are journalled, before the wish is passed on. So with an interrupt."""
    table = _Table(chat)
    ending = start(table.all(dialogues))
    try:
        return ending.result()
    except BaseException:
        table.over = table.over or StopRun("interrupted")
        wait([ending])
        raise


class _Table:
    """The dialogues of a batch. Lives on the loop."""

    def __init__(self, chat: RemoteChat) -> None:
        self._chat = chat
        self.over: Exception | None = None
        """Why none begins anything new."""

    async def all(self, dialogues: Sequence[Asking[Outcome]]) -> list[Outcome]:
        outcomes = await asyncio.gather(*(self._one(place, Held(one)) for place, one in enumerate(dialogues)))
        if self.over:
            raise self.over
        return [outcome for outcome in outcomes if outcome is not None]

    async def _one(self, place: int, held: Held) -> Outcome | None:
        """A dialogue from its first request to its outcome; none where the run stops before."""
        try:
            with for_record(place):
                held.go_on()
                while held.asked is not None and not self.over:
                    held.go_on(*await self._answer(held.asked))
        except ENDS as error:
            self.over = self.over or error
        return held.outcome

    async def _answer(self, asked: Asked) -> tuple[Any, Exception | None]:
        if not isinstance(asked, ChatRequest):
            return await _settled(asked)
        try:
            return (await self._chat.acomplete(asked)).text, None
        except Exception as error:
            return None, error
