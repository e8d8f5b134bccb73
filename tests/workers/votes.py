"""A panel's model for tests: it says what a script tells it to, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from workers.chat.interface import ChatReply, ChatRequest
from workers.errors import WorkerError
from workers.judging.interface import PARTS

Says = Callable[[ChatRequest], str | WorkerError]


@dataclass(frozen=True)
class Scripted:
    """A `Chat` in this process."""

    says: Says = field(compare=False)
    name: str = "scripted"
    revision: str = "1"
    asked: list[ChatRequest] = field(default_factory=list, compare=False)

    def complete(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        replies = []
        for request in requests:
            self.asked.append(request)
            said = self.says(request)
            if isinstance(said, WorkerError):
                raise said
            replies.append(ChatReply(text=said))
        return replies


@dataclass(frozen=True)
class ScriptedServer(Scripted):
    """The same behind a server: calls are awaited at the same time."""

    slots: int = 8

    async def acomplete(self, request: ChatRequest) -> ChatReply:
        return self.complete([request])[0]


def grades(identity: float = 9, **parts: float) -> str:
    """An answer on a candidate."""
    given = {"identity": identity} | {part: parts.get(part, 8) for part in PARTS[1:]}
    return json.dumps(given | {f"{part}_reason": f"{part} is {given[part]}" for part in PARTS})


def seen(identity: float = 8, **more: Any) -> str:
    """An answer on a test drawing."""
    answer = {"same_subject": True, "identity": identity, "scene_followed": True, "critique": "nothing wrong"}
    return json.dumps(answer | more)


def vote_of(request: ChatRequest) -> int:
    """Which vote is asked for: a model in this process is told by the name of the task."""
    last = request.task.rpartition("-")[2]
    return int(last) if last.isdigit() else 0


def is_second(request: ChatRequest) -> bool:
    """Whether it is asked once more."""
    return "could not be used" in request.messages[-1].text
