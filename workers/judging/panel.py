"""A panel: a vision-language model that is asked each question several times, each time with its own seed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from catalogs.records import Vote
from catalogs.stage import Resources, StopRun
from workers.asking import for_requests
from workers.chat.endpoint import EndpointChat
from workers.chat.interface import Chat, ChatRequest, Message, RemoteChat
from workers.chat.together import replies_of
from workers.endpoint import CLIENTS
from workers.endpoint.errors import EndpointRefusedError
from workers.errors import ModelReplyError, WorkerError
from workers.judging.fields import schema_of
from workers.judging.questions import Instruction, Question
from workers.judging.reply import read_reply

PROTOCOL = "1"
"""Raise it when equal questions are put in other words."""

AGAIN = (
    "Your answer could not be used: {problem}. Answer with the JSON object alone, with all keys asked for."
)
"""Added to a question that is asked a second time."""


@dataclass(frozen=True)
class Panel:
    """Votes of one model. A server is sent the seed of each vote; a model in this process draws noise of its
    own for the name of each task (`workers.chat.sampling`), so that its weights are loaded once."""

    chat: Chat
    votes: int = 1

    @property
    def name(self) -> str:
        return self.chat.name

    @property
    def revision(self) -> str:
        return f"{PROTOCOL}-{self.chat.revision}-{self.votes}votes"

    @property
    def identity(self) -> str:
        """Name and revision, as records carry them."""
        return f"{self.name}@{self.revision}"

    @property
    def slots(self) -> int:
        """Calls that its server takes at once; 0 for a model in this process."""
        return self.chat.slots if isinstance(self.chat, RemoteChat) else 0

    @property
    def resources(self) -> Resources | None:
        """What a copy of a local model needs."""
        declared: Resources | None = getattr(self.chat, "resources", None)
        return declared

    def ask(self, instruction: Instruction, questions: Sequence[Question]) -> list[list[Vote] | WorkerError]:
        """All votes on each question, in order; every call at once, as far as a server takes them.

        What cannot be read is asked for once more and then kept as it is: whether a vote counts is for those
        who read it. A picture that the model does not take makes a vote without an answer. Any other error
        stands in place of the votes of its question and takes nothing from the others. Raises `StopRun`.
        """
        jobs = [(number, seed) for number, _ in enumerate(questions) for seed in range(self.votes)]
        asked = [(n, *self._request(instruction, questions[n], seed)) for n, seed in jobs]
        answers = _answered(asked)
        problems = {
            index: problem
            for index, answer in enumerate(answers)
            if isinstance(answer, str) and (problem := _problem(answer, instruction))
        }
        second = _answered([_again(asked[index], problem) for index, problem in problems.items()])
        refused: dict[int, str] = {}
        for index, answer in zip(problems, second, strict=True):
            refused[index], answers[index] = str(answers[index]), answer
        votes = [
            _vote(seed, answer, [refused[index]] if index in refused else [])
            for index, ((_, seed), answer) in enumerate(zip(jobs, answers, strict=True))
        ]
        return [_ballot(votes[start : start + self.votes]) for start in range(0, len(votes), self.votes)]

    def _request(self, instruction: Instruction, question: Question, seed: int) -> tuple[Chat, ChatRequest]:
        chat, task = self.chat, instruction.task
        if isinstance(chat, EndpointChat):
            settings = chat.settings
            if self.votes > 1:
                settings = msgspec.structs.replace(settings, seed=(settings.seed or 0) + seed)
            chat = replace(chat, settings=settings)
        elif seed:
            task = f"{task}-{seed}"
        messages = (
            Message("system", instruction.system),
            Message("user", question.text, images=question.pictures),
        )
        schema = schema_of(instruction.fields)
        return chat, ChatRequest(task=task, messages=messages, facts={}, schema=schema)


Asked = tuple[int, Chat, ChatRequest]
"""The number of the question, who is asked, and what."""


def _problem(answer: str, instruction: Instruction) -> str:
    try:
        read_reply(answer, instruction.fields)
    except ModelReplyError as error:
        return str(error)
    return ""


def _again(asked: Asked, problem: str) -> Asked:
    number, chat, request = asked
    system, user = request.messages
    more = msgspec.structs.replace(user, text=f"{user.text}\n\n{AGAIN.format(problem=problem)}")
    return number, chat, msgspec.structs.replace(request, messages=(system, more))


def _vote(seed: int, answer: str | WorkerError, refused: list[str]) -> Vote | WorkerError:
    if isinstance(answer, str):
        return Vote(seed=seed, text=answer, refused=refused)
    if isinstance(answer, ModelReplyError | EndpointRefusedError):
        return Vote(seed=seed, refused=refused, problem=str(answer)[:500])
    return answer


def _ballot(votes: Sequence[Vote | WorkerError]) -> list[Vote] | WorkerError:
    errors = [vote for vote in votes if isinstance(vote, WorkerError)]
    return errors[0] if errors else [vote for vote in votes if isinstance(vote, Vote)]


def _answered(asked: Sequence[Asked]) -> list[str | WorkerError]:
    """An answer, or what kept it from coming, for each request; raises `StopRun`."""
    if not asked:
        return []
    if not isinstance(asked[0][1], RemoteChat):
        replies = replies_of(asked[0][1], [request for *_, request in asked])
        return [reply if isinstance(reply, WorkerError) else reply.text for reply in replies]
    answers = CLIENTS.result_of(_apart(asked))
    for answer in answers:
        if isinstance(answer, StopRun):
            raise answer
    return answers


async def _apart(asked: Sequence[Asked]) -> list[str | WorkerError]:
    """Every call on its own. All come to their end, so that none that was paid for is left behind."""
    return await asyncio.gather(
        *(_alone(number, chat, request) for number, chat, request in asked if isinstance(chat, RemoteChat))
    )


async def _alone(number: int, chat: RemoteChat, request: ChatRequest) -> str | WorkerError:
    try:
        with for_requests(number):
            return (await chat.acomplete(request)).text
    except WorkerError as error:
        return error
