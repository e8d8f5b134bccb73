"""Stages ``process-ask`` and ``process``: every turn of a proven trajectory, judged by a language model.

A judgement has the shape of Agent-RRM's reward model: reasoning, critique, score. The one stage stores what
was answered, word for word; the other reads it, so that a new parser asks nobody (rule 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from annotators.dialogue import Asking, converse, decode, identity, schema_of
from annotators.instructions import digest_of, instruction
from annotators.requests import say
from catalogs.digests import rounded
from catalogs.records import (
    Attempt,
    ImageTrace,
    JudgeReply,
    ProcessJudgement,
    Prompt,
    TextTrace,
    Turn,
    TurnJudgement,
)
from catalogs.sidecar import accepted_attempt
from catalogs.stage import Blobs, Kept, Outcome, Resources, Row, Stage
from workers.chat.interface import Chat, ChatRequest, Message
from workers.endpoint.errors import EndpointRefusedError
from workers.errors import ModelReplyError

SHOWN = 4000
"""Characters of a question, a reply or a tool's output that the judge is shown: two pages of search results,
which are cut to 2,000 each in the published pipeline."""


class Stated(msgspec.Struct, frozen=True):
    """What the judge answers."""

    reasoning: str
    critique: str
    score: Annotated[float, Meta(ge=0, le=1)]


class ProcessStage(Stage):
    """A stage that judges the turns which a trajectory ships with."""

    reads: ClassVar[tuple[str, ...]] = ("text_trace", "image_trace", "attempts")


@dataclass(frozen=True)
class AskProcess(ProcessStage):
    """Writes `process_replies`, one a turn; an answer that cannot be read is explained and asked for once
    more, and what comes then is kept whatever it is. So is what an endpoint says that refuses to read a turn:
    it is no judgement, and no reason to lose a proven trajectory."""

    name, version = "process-ask", "2"
    reads: ClassVar[tuple[str, ...]] = ("prompt", *ProcessStage.reads)
    writes: ClassVar = ("process_replies",)

    judge: Chat
    instructions: str = digest_of("process", "again")

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        return converse(self.judge, [self._dialogue(row) for row in rows])

    def _dialogue(self, row: Row) -> Asking[Outcome]:
        prompt, turns = row["prompt"], turns_of(row)
        replies = []
        for number in range(len(turns)):
            replies.append((yield from self._asked(_request(prompt, turns, number))))
        return Kept({"process_replies": replies})

    def _asked(self, request: ChatRequest) -> Asking[JudgeReply]:
        refused: list[str] = []
        try:
            text = yield from say(request)
            try:
                decode(text, Stated)
            except ModelReplyError as error:
                refused.append(text)
                again = Message("user", instruction("again", problem=str(error)))
                messages = (*request.messages, Message("assistant", text), again)
                text = yield from say(msgspec.structs.replace(request, messages=messages))
        except EndpointRefusedError as error:
            text = str(error)
        return JudgeReply(
            text=text, refused=refused, judge=identity(self.judge), instruction=self.instructions
        )


@dataclass(frozen=True)
class ReadProcess(ProcessStage):
    """Writes `process`. A turn whose judgement cannot be read has none, and says why: nothing is guessed, and
    a proven trajectory stays one."""

    name, version = "process", "1"
    reads: ClassVar[tuple[str, ...]] = ("process_replies", *ProcessStage.reads)
    writes: ClassVar = ("process",)
    resources: ClassVar = Resources(cpus=0.25, memory_gib=0.25)
    policy: ClassVar = True

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        replies: list[JudgeReply] = row["process_replies"]
        judged = [_judgement(turn, one) for turn, one in zip(turns_of(row), replies, strict=True)]
        first = replies[0]
        process = ProcessJudgement(judge=first.judge, instruction=first.instruction, turns=judged)
        return Kept({"process": process})


def turns_of(row: Row) -> list[Turn]:
    """The turns that the trajectory ships with: both searches, and the recaption that was accepted."""
    text: TextTrace = row["text_trace"]
    images: ImageTrace = row["image_trace"]
    attempts: list[Attempt] = row["attempts"]
    recaption = accepted_attempt(attempts).recaption
    return [*text.turns, *images.turns, *recaption.refused, recaption.turn]


def _request(prompt: Prompt, turns: Sequence[Turn], number: int) -> ChatRequest:
    turn = turns[number]
    before = [f"{n}. {one.response_text[:SHOWN]}" for n, one in enumerate(turns[:number], start=1)]
    text = instruction(
        "process",
        prompt=prompt.text,
        subject=prompt.subject,
        before="\n\n".join(before) or "nothing",
        turn=number + 1,
        turns=len(turns),
        question=turn.input[-SHOWN:],
        reply=turn.response_text[:SHOWN],
        output=turn.tool_output[:SHOWN] or "nothing",
    )
    return ChatRequest(task="process", messages=(Message("user", text),), facts={}, schema=schema_of(Stated))


def _judgement(turn: Turn, reply: JudgeReply) -> TurnJudgement:
    try:
        stated = decode(reply.text, Stated)
    except ModelReplyError as error:
        return TurnJudgement(turn=turn.turn, stage=turn.stage, problem=str(error))
    return TurnJudgement(
        turn=turn.turn,
        stage=turn.stage,
        reasoning=stated.reasoning.strip(),
        critique=stated.critique.strip(),
        score=rounded(stated.score),
    )
