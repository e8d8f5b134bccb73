"""The turns of one record's dialogue, and the rules that code holds over the teacher.

One refusal is explained and may be repaired; the refused turn is recorded with ``ok=False``. The second ends
the record. What is refused in a call says `annotators.calls`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from annotators.instructions import instruction
from catalogs.records import Turn
from workers.chat.interface import Message

EXPLANATIONS = {
    "empty-reply": "the reply is empty",
    "refusal": "the reply declines to do what was asked",
    "no-action": "the reply has neither a tool_call nor a recaption",
    "malformed-call": 'the call is not {"name": ..., "arguments": {...}} with the arguments of the tool',
    "several-actions": "a turn holds one action and at most one think part",
    "stray-text": "there is text outside the tags",
    "late-think": "the think part comes before the action",
    "forged-markup": "there are tags or special tokens that do not belong there",
    "unknown-tool": "there is no such tool",
    "wrong-order": "this is not the step to take now: first text, then pictures, then the recaption",
    "repeated-query": "this query was asked before",
    "repeated-page": "this page was read before",
    "unknown-address": "no search of this dialogue returned this address",
    "wrong-language": "the query, and hl with it, has to be in the language of the prompt",
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
