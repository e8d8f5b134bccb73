"""Stage ``gap``: ``g``, what a generator does not know of the subject, before anything was searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from annotators.dialogue import Asking, ask, converse, decode, identity, schema_of
from annotators.instructions import digest_of, instruction
from annotators.multi_hop import subject_facts
from catalogs.records import Gap, Prompt
from catalogs.stage import Blobs, Kept, Outcome, Row, Stage
from workers.chat.interface import Chat, ChatRequest, Message
from workers.errors import ModelReplyError


class StatedGap(msgspec.Struct, frozen=True):
    """What the teacher answers."""

    needs_search: bool
    unknowns: list[str]
    statement: str


@dataclass(frozen=True)
class FindGap(Stage):
    """Reads the prompt alone: the article is what the search has to find.

    Rejects with ``unusable-reply`` when the reply cannot be used twice in a row.
    """

    name, version = "gap", "3"
    reads: ClassVar = ("prompt",)
    writes: ClassVar = ("gap",)

    teacher: Chat
    instructions: str = digest_of("gap", "again")

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        return converse(self.teacher, [self._find(row["prompt"]) for row in rows])

    def _find(self, prompt: Prompt) -> Asking[Outcome]:
        text = instruction("gap", prompt=prompt.text, subject=prompt.told)
        facts = {"language": prompt.language, "text": prompt.text, **subject_facts(prompt)}
        request = ChatRequest(
            task="gap", messages=(Message("user", text),), facts=facts, schema=schema_of(StatedGap)
        )
        stated = yield from ask(request, _parse)
        gap = Gap(
            needs_search=stated.needs_search,
            unknowns=stated.unknowns,
            statement=stated.statement.strip(),
            model=identity(self.teacher),
        )
        return Kept({"gap": gap})


def _parse(reply: str) -> StatedGap:
    stated = decode(reply, StatedGap)
    if not stated.statement.strip():
        raise ModelReplyError("the statement is empty")
    if stated.needs_search and not stated.unknowns:
        raise ModelReplyError("a search is said to be needed, but nothing is said to be unknown")
    return stated
