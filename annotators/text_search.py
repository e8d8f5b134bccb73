"""Stage ``search-text``: the teacher searches articles, reads pages, and says which sentences it uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec

from annotators.calls import Rules, ask_for_call
from annotators.dialogue import converse, identity
from annotators.instructions import digest_of, instruction
from annotators.multi_hop import evidence_facts, is_answered, subject_facts
from annotators.reading import read
from annotators.requests import Asking, browsing, searching, use
from annotators.transcript import RefusedError, Transcript
from catalogs.records import Evidence, Gap, Hit, Passage, Prompt, TextTrace
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Row, Stage
from catalogs.trajectory import (
    BROWSE,
    PUBLISHED,
    TEXT_SEARCH,
    Arguments,
    BrowseArguments,
    TextSearchArguments,
    neutralise,
    render_failure,
    render_hits,
    render_observation,
    render_opening,
)
from workers.chat.interface import Chat
from workers.excerpts import start_of
from workers.tools import FetchError, PageReader, TextSearch

STAGE = 1
"""Published number of the text step."""

MOST_OF_A_PAGE = 8000
"""Characters of a page that is browsed, a choice: four times what a passage is cut to where pages are read
for a search (`workers.search.reader`), some 2,000 tokens."""


@dataclass
class Found:
    """What a dialogue has asked for and found so far."""

    queries: list[str] = field(default_factory=list)
    browsed: list[str] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    pages: dict[str, Passage] = field(default_factory=dict)
    """Passages that searches returned, by their address as it was shown."""

    @property
    def subject(self) -> bool:
        """Whether anything of what was read tells of the subject, and not of the way to it."""
        return any(not one.step for one in self.evidence)

    def unread(self) -> list[dict[str, Any]]:
        """The pages behind passages that were not browsed yet, in the order in which they were found."""
        left = [(url, page) for url, page in self.pages.items() if url not in self.browsed]
        return [
            {"rank": rank, "url": url, "title": page.title, "text": page.text}
            for rank, (url, page) in enumerate(left, start=1)
        ]

    def quote(self, quoted: Sequence[Evidence]) -> None:
        known = {one.sentence for one in self.evidence}
        self.evidence += [one for one in quoted if one.sentence not in known]


@dataclass(frozen=True)
class SearchText(Stage):
    """The opening message, then up to `max_turns` turns of ``text_search`` and, with a `reader`, ``browse``;
    for a multi-hop prompt one more for each of its clues.

    Rejects with ``no-text-evidence`` when nothing about the subject was found, ``wrong-answer`` when the way
    ended at something else, ``no-search-needed`` when the gap says so, ``too-many-turns``, or the problem
    that was not repaired (`transcript.EXPLANATIONS`). What was said until then is written all the same.
    """

    name, version = "search-text", "7"
    reads: ClassVar = ("prompt", "gap")
    writes: ClassVar = ("text_trace",)

    teacher: Chat
    search: TextSearch
    reader: PageReader | None = None
    """Reads the pages behind passages; without one the teacher is not told of ``browse``."""
    max_turns: int = 4
    """Two queries and one repair fit, with one turn to spare. (The released inference allows 6 search
    turns.)"""
    top_k: int = 5
    """Published default."""
    instructions: str = digest_of(
        "task",
        "task_steps",
        "browse",
        "read",
        "read_steps",
        "read_on",
        "search_again",
        "search_next",
        "again",
    )

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        return converse(self.teacher, [self._dialogue(row["prompt"], row["gap"]) for row in rows])

    def _dialogue(self, prompt: Prompt, gap: Gap) -> Asking[Outcome]:
        if not gap.needs_search:
            return Rejected("no-search-needed", gap.statement)
        transcript = Transcript(history=(), stage=STAGE, question=self._opening(prompt, gap))
        found = Found()
        rejection: RefusedError | None = None
        try:
            yield from self._search(prompt, gap, transcript, found)
        except RefusedError as error:
            rejection = error
        trace = TextTrace(
            queries=found.queries,
            hits=found.hits,
            evidence=found.evidence,
            turns=transcript.turns,
            model=identity(self.teacher),
        )
        if rejection:
            return Rejected(rejection.reason, rejection.detail, {"text_trace": trace})
        return Kept({"text_trace": trace})

    def _search(self, prompt: Prompt, gap: Gap, transcript: Transcript, found: Found) -> Asking[None]:
        """Search and read until there is evidence; fills `found`."""
        rules = self._rules(prompt)
        while True:
            facts = {
                "language": prompt.language,
                **subject_facts(prompt),
                "evidence": evidence_facts(found.evidence),
                "unknowns": gap.unknowns,
                "queries": list(found.queries),
                "top_k": self.top_k,
                "pages": found.unread() if self.reader else [],
            }
            reply, arguments = yield from ask_for_call(
                transcript, rules, facts, found.queries, found.pages, found.browsed
            )
            hits, output = yield from self._called(arguments, found)
            reading, quoted = yield from read(
                prompt,
                transcript,
                reply,
                output,
                hits,
                found.queries,
                found.evidence,
                may_browse=self.reader is not None,
            )
            transcript.record(reply, tool_output=output)
            found.hits.extend(hits)
            found.quote(quoted)
            # A teacher that can read on may want to know more than it has quoted, as long as there are turns.
            wants_more = reading.search_again and self.reader and len(transcript.turns) < rules.max_turns
            if found.subject and not wants_more:
                if prompt.path and not is_answered(prompt, found.evidence):
                    raise RefusedError(
                        "wrong-answer", f"{prompt.subject!r} was to be found: {reading.summary}"
                    )
                return
            if not reading.search_again:
                raise RefusedError("no-text-evidence", reading.summary)
            transcript.question = render_observation(output, self._nudge(prompt, reading.summary))

    def _called(self, arguments: Arguments, found: Found) -> Asking[tuple[list[Hit], str]]:
        """What a call brings, neutralised before anything else sees it, and how it is shown."""
        if isinstance(arguments, BrowseArguments):
            found.browsed.append(arguments.url)
            return (yield from self._browsed(found.pages[arguments.url]))
        assert isinstance(arguments, TextSearchArguments)
        found.queries.append(arguments.q)
        top_k = min(max(arguments.top_k, 1), self.top_k)
        returned = yield from use(searching(self.search, arguments.q, arguments.hl, top_k))
        found.pages |= {neutralise(hit.passage.origin.url): hit.passage for hit in returned}
        hits = [msgspec.structs.replace(hit, passage=_neutral(hit.passage)) for hit in returned]
        return hits, render_hits(hits)

    def _browsed(self, passage: Passage) -> Asking[tuple[list[Hit], str]]:
        """The page behind a passage, as a result of its own."""
        assert self.reader is not None
        try:
            page = yield from use(browsing(self.reader, passage))
        except FetchError as error:
            return [], render_failure(f"The page cannot be read ({error.kind}).")
        neutral = _neutral(page)
        text = start_of(neutral.text, MOST_OF_A_PAGE)
        hits = [Hit(rank=1, score=1.0, passage=msgspec.structs.replace(neutral, text=text))]
        return hits, render_hits(hits)

    def _rules(self, prompt: Prompt) -> Rules:
        browse = (BROWSE,) if self.reader else ()
        return Rules(
            task="text-query",
            language=prompt.language,
            tools=(*PUBLISHED, *browse),
            now=(TEXT_SEARCH, *browse),
            max_turns=self.max_turns + len(prompt.path),
        )

    def _opening(self, prompt: Prompt, gap: Gap) -> str:
        task = instruction(
            "task",
            prompt=prompt.text,
            subject=prompt.told,
            language=prompt.language,
            gap=gap.statement,
            top_k=self.top_k,
        )
        if prompt.path:
            task = f"{task}\n\n{instruction('task_steps', steps=len(prompt.path))}"
        return render_opening(self._with_browse(task), self._rules(prompt).tools)

    def _nudge(self, prompt: Prompt, summary: str) -> str:
        return self._with_browse(
            instruction("search_next" if prompt.path else "search_again", summary=summary)
        )

    def _with_browse(self, text: str) -> str:
        return f"{text}\n\n{instruction('browse')}" if self.reader else text


def _neutral(passage: Passage) -> Passage:
    return msgspec.structs.replace(
        passage,
        title=neutralise(passage.title),
        heading=neutralise(passage.heading),
        text=neutralise(passage.text),
    )
