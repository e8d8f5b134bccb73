"""Stage ``search-images``: the teacher looks for pictures of the subject; every one found is fetched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from annotators.calls import Rules, ask_for_call
from annotators.dialogue import Asking, converse, identity
from annotators.fetching import Fetcher
from annotators.instructions import digest_of, instruction
from annotators.multi_hop import evidence_facts, found_facts
from annotators.requests import looking, use, use_all
from annotators.transcript import RefusedError, Transcript
from catalogs.records import Candidate, ImageTrace, Prompt, Selection, TextTrace
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Row, Stage
from catalogs.trajectory import (
    HOME,
    IMAGE_SEARCH,
    ImageSearchArguments,
    render_observation,
    render_pictures,
    tools_in,
)
from workers.chat.interface import Chat
from workers.tools import ImageSearch, RemoteImageSearch

STAGE = 2
"""Published number of the picture step."""

WANTED = 2
"""References of a trajectory: image_1 and image_2."""


@dataclass(frozen=True)
class SearchImages(Stage):
    """One query a round; another in the same round only where a query finds nothing.

    Later rounds go to records with fewer than two references, ask something else, and see only addresses that
    were not seen before; the candidates of all rounds stand in one trace. Rejects with ``no-pictures-found``,
    or with the problem that was not repaired (`transcript.EXPLANATIONS`).
    """

    name, version = "search-images", "6"
    reads: ClassVar = ("prompt", "text_trace")
    optional: ClassVar = ("image_trace", "selection")
    writes: ClassVar = ("image_trace",)

    teacher: Chat
    search: ImageSearch
    num: int = 8
    """Published default of ``search_image``."""
    max_turns: int = 3
    """A round: one query, one repair, one more query where nothing was found."""
    instructions: str = digest_of("search_images", "search_images_again", "search_from", "again")

    def needed(self, row: Row) -> bool:
        if self.round == 1:
            return True
        selection: Selection | None = row.get("selection")
        return selection is not None and len(selection.references) < WANTED

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        fetcher = Fetcher(self.search, blobs)
        return converse(self.teacher, [self._dialogue(row, fetcher) for row in rows])

    def _dialogue(self, row: Row, fetcher: Fetcher) -> Asking[Outcome]:
        prompt: Prompt = row["prompt"]
        text: TextTrace = row["text_trace"]
        before: ImageTrace | None = row.get("image_trace") if self.round > 1 else None
        reasons = _reasons(row.get("selection")) if self.round > 1 else []
        queries = list(before.queries) if before else []
        candidates = list(before.candidates) if before else []
        transcript = Transcript(
            history=(*text.turns, *(before.turns if before else ())),
            stage=STAGE,
            question=self._question(prompt, text, before, reasons),
        )
        rejection: RefusedError | None = None
        try:
            yield from self._search(prompt, text, reasons, transcript, queries, candidates, fetcher)
        except RefusedError as error:
            rejection = error
        trace = ImageTrace(
            queries=queries,
            turns=[*(before.turns if before else ()), *transcript.turns],
            candidates=candidates,
            model=identity(self.teacher),
        )
        if rejection:
            return Rejected(rejection.reason, rejection.detail, {"image_trace": trace})
        return Kept({"image_trace": trace})

    def _search(
        self,
        prompt: Prompt,
        text: TextTrace,
        reasons: list[str],
        transcript: Transcript,
        queries: list[str],
        candidates: list[Candidate],
        fetcher: Fetcher,
    ) -> Asking[None]:
        """Query until there are hits, fetch them all at once; fills `queries` and `candidates`."""
        rules = Rules(
            task="image-query",
            language=prompt.language,
            tools=tools_in(text.turns[0].input),
            now=(IMAGE_SEARCH,),
            max_turns=self.max_turns,
        )
        while True:
            facts = {
                "language": prompt.language,
                **found_facts(prompt, text),
                "evidence": evidence_facts(text.about_subject),
                "queries": list(queries),
                "reasons": reasons,
                "num": self.num,
            }
            reply, arguments = yield from ask_for_call(transcript, rules, facts, queries)
            assert isinstance(arguments, ImageSearchArguments)
            queries.append(arguments.q)
            seen = frozenset(candidate.picture.origin.url for candidate in candidates)
            num = min(max(arguments.num, 1), self.num)
            hits = yield from use(
                looking(self.search, arguments.q, arguments.hl, num, seen, arguments.location)
            )
            output = render_pictures((hit.rank, hit.title, hit.image_url, hit.page_url) for hit in hits)
            transcript.record(reply, tool_output=output)
            if hits:
                candidates += yield from use_all(fetcher.fetching(hit, len(queries)) for hit in hits)
                return
            if len(transcript.turns) >= self.max_turns:
                raise RefusedError("no-pictures-found", f"nothing for {queries}")
            nudge = self._told("search_images_again", prompt, reasons="nothing was found")
            transcript.question = render_observation(output, nudge)

    def _question(
        self, prompt: Prompt, text: TextTrace, before: ImageTrace | None, reasons: list[str]
    ) -> str:
        """The observation of the last search, and what is to be done now."""
        if before is None:
            learned = " ".join(one.sentence for one in text.about_subject)
            then = self._told("search_images", prompt, summary=learned)
            return render_observation(text.turns[-1].tool_output, then)
        then = self._told("search_images_again", prompt, reasons=", ".join(reasons))
        return render_observation(before.turns[-1].tool_output, then)

    def _told(self, name: str, prompt: Prompt, **values: str) -> str:
        """What to do, and, for a search of the live web, where to search from."""
        told = instruction(name, language=prompt.language, num=self.num, **values)
        if not isinstance(self.search, RemoteImageSearch):
            return told
        home = HOME.get(prompt.language, ImageSearchArguments(q="").location)
        return f"{told}\n\n{instruction('search_from', location=home)}"


def _reasons(selection: Selection | None) -> list[str]:
    """Why candidates were not kept, the most frequent reason first."""
    if selection is None:
        return []
    counts = Counter(decision.reason for decision in selection.decisions if not decision.kept)
    return [reason for reason, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
