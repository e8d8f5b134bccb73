"""The turns of one record's dialogue, and the rules that code holds over the teacher.

A call is refused when it is malformed, goes to an unknown tool, goes to a tool whose step has not come, or
repeats a query (case, accents and punctuation aside). One refusal is explained and may be repaired; the
refused turn is recorded with ``ok=False``. The second ends the record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from annotators.dialogue import Asking
from annotators.instructions import instruction
from catalogs.records import Turn
from catalogs.trajectory import (
    IMAGE_SEARCH,
    TEXT_SEARCH,
    ImageSearchArguments,
    ParsedReply,
    TextSearchArguments,
    parse_reply,
)
from workers.chat.interface import ChatRequest, Message
from workers.chat.nouns import folded
from workers.chat.refusals import is_refusal

Arguments = TypeVar("Arguments", TextSearchArguments, ImageSearchArguments)

TOOLS = (TEXT_SEARCH, IMAGE_SEARCH)

EXPLANATIONS = {
    "empty-reply": "the reply is empty",
    "refusal": "the reply declines to do what was asked",
    "no-action": "the reply has neither a tool_call nor a recaption",
    "malformed-call": 'the call is not {"name": ..., "arguments": {...}} with the arguments of the tool',
    "several-actions": "a turn holds one action and at most one think part",
    "stray-text": "there is text outside the tags",
    "forged-markup": "there are tags or special tokens that do not belong there",
    "unknown-tool": "there is no such tool",
    "wrong-order": "this is not the step to take now: first text, then pictures, then the recaption",
    "repeated-query": "this query was asked before",
}


class RefusedError(Exception):
    """The dialogue ends here; `reason` is the slug of the rejection."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


@dataclass
class Transcript:
    """A dialogue in the making: earlier turns, the open question, and the turns of this stage so far."""

    history: Sequence[Turn]
    stage: int
    """Published stage number of the turns to come: 1 text, 2 image, 3 recaption."""
    question: str
    """The user message that the next reply answers."""
    images: tuple[str, ...] = ()
    """Blobs shown with the question."""
    turns: list[Turn] = field(default_factory=list)
    repaired: bool = False

    def messages(self) -> tuple[Message, ...]:
        """What a model reads: all earlier turns, then the question."""
        past = [
            message
            for turn in (*self.history, *self.turns)
            for message in (Message("user", turn.input), Message("assistant", turn.response_text))
        ]
        return (*past, Message("user", self.question, self.images))

    def record(self, reply: str, tool_output: str = "", problem: str = "") -> Turn:
        """Close the open question with a reply."""
        turn = Turn(
            turn=len(self.history) + len(self.turns),
            stage=self.stage,
            input=self.question,
            response_text=reply,
            tool_output=tool_output,
            ok=not problem,
            problem=problem,
        )
        self.turns.append(turn)
        return turn

    def refuse(self, reply: str, problem: str, detail: str = "") -> None:
        """Record a refused reply and ask for a better one; raises `RefusedError` the second time."""
        self.record(reply, problem=problem)
        explanation = EXPLANATIONS.get(problem, problem)
        if self.repaired:
            raise RefusedError(problem, f"twice refused, at last: {detail or explanation}")
        self.repaired = True
        self.question = instruction("again", problem=detail or explanation)


def ask_for_call(
    transcript: Transcript,
    task: str,
    facts: dict[str, Any],
    expected: type[Arguments],
    queries: Sequence[str],
    max_turns: int,
) -> Asking[tuple[str, Arguments]]:
    """The next call of the tool that `expected` belongs to: the reply and its arguments, not recorded yet.

    Raises `RefusedError` with a problem's slug, or with ``too-many-turns``.
    """
    while True:
        if len(transcript.turns) >= max_turns:
            raise RefusedError("too-many-turns", f"{max_turns} turns, and the step is not done")
        reply = yield ChatRequest(task=task, messages=transcript.messages(), facts=facts)
        arguments, problem = _checked(parse_reply(reply), expected, queries)
        if arguments is not None:
            return reply, arguments
        transcript.refuse(reply, "refusal" if problem == "no-action" and is_refusal(reply) else problem)


def _checked(
    parsed: ParsedReply, expected: type[Arguments], queries: Sequence[str]
) -> tuple[Arguments | None, str]:
    """The arguments of a call, or the problem with it."""
    if parsed.problem:
        return None, parsed.problem
    if parsed.tool_call is None:
        return None, "wrong-order"
    tool = TEXT_SEARCH if expected is TextSearchArguments else IMAGE_SEARCH
    if parsed.tool_call.name != tool:
        return None, "wrong-order" if parsed.tool_call.name in TOOLS else "unknown-tool"
    try:
        arguments = msgspec.convert(parsed.tool_call.arguments, expected)
    except msgspec.ValidationError:
        return None, "malformed-call"
    if not folded(arguments.q):
        return None, "malformed-call"
    if folded(arguments.q) in {folded(query) for query in queries}:
        return None, "repeated-query"
    return arguments, ""
