"""A judge behind a chat worker: a vision-language model on a server, asked for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workers.benchmark_judge.interface import Question
from workers.chat.interface import Chat, ChatRequest, Message
from workers.chat.together import replies_of
from workers.errors import WorkerError

PROTOCOL = "1"
"""Raise it when equal questions are put in other words."""


@dataclass(frozen=True)
class ChatJudge:
    """Puts each question as one conversation: what to do, then the prompt with the pictures in order.

    The chat worker finds the pictures by their digests in the blob store that it was made with.
    """

    chat: Chat

    @property
    def name(self) -> str:
        return self.chat.name

    @property
    def revision(self) -> str:
        return f"{PROTOCOL}-{self.chat.revision}"

    def answer(self, questions: Sequence[Question]) -> list[str | WorkerError]:
        """All questions at once; one by one where one fails, to tell which."""
        replies = replies_of(self.chat, [_request(question) for question in questions])
        return [reply if isinstance(reply, WorkerError) else reply.text for reply in replies]


def _request(question: Question) -> ChatRequest:
    labels = [f"image_{n}: {shown.label}" for n, shown in enumerate(question.pictures, start=1)]
    return ChatRequest(
        task=f"score-{question.task}",
        messages=(
            Message(role="system", text=question.system),
            Message(
                role="user",
                text="\n".join([question.text, *labels]),
                images=tuple(shown.sha256 for shown in question.pictures),
            ),
        ),
        facts={},
        schema=question.schema(),
    )
