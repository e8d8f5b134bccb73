"""A judge behind a chat worker: a vision-language model on a server, asked for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalogs.stage import StopRun
from workers.benchmark_judge.interface import Question
from workers.chat.interface import Chat, ChatRequest, Message
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
        """All questions at once. Where one fails they are asked one by one, to tell which; a chat endpoint
        has journalled the calls that were answered, and does not make them again."""
        try:
            replies = self.chat.complete([_request(question) for question in questions])
        except StopRun:
            raise
        except WorkerError as error:
            if len(questions) == 1:
                return [error]
            return [self.answer([question])[0] for question in questions]
        return [reply.text for reply in replies]


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
