"""Stage ``search-text``: the teacher searches articles and says which sentences it uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from annotators.dialogue import Asking, converse, identity
from annotators.instructions import digest_of, instruction
from annotators.reading import read
from annotators.transcript import RefusedError, Transcript, ask_for_call
from catalogs.records import Evidence, Gap, Hit, Prompt, TextTrace
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Row, Stage
from catalogs.trajectory import (
    TextSearchArguments,
    neutralise,
    render_hits,
    render_observation,
    render_opening,
)
from workers.chat.interface import Chat
from workers.tools import TextSearch

STAGE = 1
"""Published number of the text step."""


@dataclass(frozen=True)
class SearchText(Stage):
    """The opening message, then up to `max_turns` turns of ``text_search``.

    Rejects with ``no-text-evidence`` when nothing about the subject was found, ``no-search-needed`` when the
    gap says so, ``too-many-turns``, or the problem that was not repaired (`transcript.EXPLANATIONS`). What
    was said until then is written all the same.
    """

    name, version = "search-text", "2"
    reads: ClassVar = ("prompt", "gap")
    writes: ClassVar = ("text_trace",)

    teacher: Chat
    search: TextSearch
    max_turns: int = 4
    """Two queries and one repair fit, with one turn to spare. (The released inference allows 6 search
    turns.)"""
    top_k: int = 5
    """Published default."""
    instructions: str = digest_of("task", "read", "search_again", "again")

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        return converse(self.teacher, [self._dialogue(row["prompt"], row["gap"]) for row in rows])

    def _dialogue(self, prompt: Prompt, gap: Gap) -> Asking[Outcome]:
        if not gap.needs_search:
            return Rejected("no-search-needed", gap.statement)
        transcript = Transcript(history=(), stage=STAGE, question=self._opening(prompt, gap))
        queries: list[str] = []
        hits: list[Hit] = []
        evidence: list[Evidence] = []
        rejection: RefusedError | None = None
        try:
            yield from self._search(prompt, gap, transcript, queries, hits, evidence)
        except RefusedError as error:
            rejection = error
        trace = TextTrace(
            queries=queries,
            hits=hits,
            evidence=evidence,
            turns=transcript.turns,
            model=identity(self.teacher),
        )
        if rejection:
            return Rejected(rejection.reason, rejection.detail, {"text_trace": trace})
        return Kept({"text_trace": trace})

    def _search(
        self,
        prompt: Prompt,
        gap: Gap,
        transcript: Transcript,
        queries: list[str],
        hits: list[Hit],
        evidence: list[Evidence],
    ) -> Asking[None]:
        """Query and read until there is evidence; fills the three lists."""
        while True:
            facts = {
                "language": prompt.language,
                "subject": prompt.subject,
                "noun": prompt.noun,
                "unknowns": gap.unknowns,
                "queries": list(queries),
                "top_k": self.top_k,
            }
            reply, arguments = yield from ask_for_call(
                transcript, "text-query", facts, TextSearchArguments, queries, self.max_turns
            )
            queries.append(arguments.q)
            found = self._found(arguments)
            hits.extend(found)
            reading, quoted = yield from read(prompt, transcript, reply, found, queries)
            output = render_hits(found)
            transcript.record(reply, tool_output=output)
            evidence.extend(quoted)
            if evidence:
                return
            if not reading.search_again:
                raise RefusedError("no-text-evidence", reading.summary)
            nudge = instruction("search_again", summary=reading.summary)
            transcript.question = render_observation(output, nudge)

    def _found(self, arguments: TextSearchArguments) -> list[Hit]:
        """The hits, neutralised before anything else sees them."""
        top_k = min(max(arguments.top_k, 1), self.top_k)
        return [_neutral(hit) for hit in self.search.search(arguments.q, arguments.hl, top_k)]

    def _opening(self, prompt: Prompt, gap: Gap) -> str:
        task = instruction(
            "task",
            prompt=prompt.text,
            subject=prompt.subject,
            language=prompt.language,
            gap=gap.statement,
            top_k=self.top_k,
        )
        return render_opening(task)


def _neutral(hit: Hit) -> Hit:
    passage = msgspec.structs.replace(
        hit.passage, title=neutralise(hit.passage.title), text=neutralise(hit.passage.text)
    )
    return msgspec.structs.replace(hit, passage=passage)
