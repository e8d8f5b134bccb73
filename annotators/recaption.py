"""Stage ``recaption``: ``c``, the prompt rewritten from the evidence and the two references."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from annotators.dialogue import Asking, converse, identity
from annotators.instructions import digest_of, instruction
from annotators.multi_hop import evidence_facts
from annotators.requests import say
from annotators.transcript import RefusedError, Transcript
from catalogs.records import ImageTrace, Prompt, Recaption, Reference, TextTrace, Verdict
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Row, Stage
from catalogs.trajectory import parse_reply, render_observation, render_references, validate_recaption
from catalogs.trajectory.recaptions import LEAST_WORDS, MOST_WORDS
from workers.chat.interface import Chat, ChatRequest
from workers.chat.nouns import bare
from workers.chat.refusals import is_refusal
from workers.scenes import place_and_light

STAGE = 3
"""Published number of the recaption step."""

REFERENCES = 2
"""A recaption speaks of image_1 and image_2."""


@dataclass(frozen=True)
class WriteRecaption(Stage):
    """One recaption; in later rounds another one for records whose proof failed, written from the critique.

    A reply that breaks the format is explained and asked for once more. Rejects with ``too-few-references``,
    with the problem of a reply that holds no recaption, or with ``malformed-recaption``: the recaption is
    written all the same, with what is wrong with it in `problems`.
    """

    name, version = "recaption", "5"
    reads: ClassVar = ("prompt", "text_trace", "image_trace", "references")
    optional: ClassVar = ("verdict", "attempts", "recaption")
    writes: ClassVar = ("recaption",)

    teacher: Chat
    instructions: str = digest_of("recaption", "critique", "again")

    def needed(self, row: Row) -> bool:
        if self.round == 1:
            return True
        verdict: Verdict | None = row.get("verdict")
        return verdict is not None and not verdict.passed

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        return converse(self.teacher, [self._dialogue(row) for row in rows])

    def _dialogue(self, row: Row) -> Asking[Outcome]:
        prompt: Prompt = row["prompt"]
        references: list[Reference] = row["references"][:REFERENCES]
        if len(references) < REFERENCES:
            return Rejected("too-few-references", f"{len(references)} of {REFERENCES}")
        text: TextTrace = row["text_trace"]
        pictures: ImageTrace = row["image_trace"]
        previous: Recaption | None = row.get("recaption") if self.round > 1 else None
        critique = row["verdict"].critique if previous else ""
        facts = _facts(prompt, text, references, previous, row.get("verdict"))
        transcript = Transcript(
            history=(*text.turns, *pictures.turns),
            stage=STAGE,
            question=_question(prompt, text, references, previous, critique),
            images=tuple(reference.candidate.picture.sha256 for reference in references),
        )
        labels = [reference.label for reference in references]
        try:
            think, written, problems = yield from _write(transcript, facts, prompt, labels, previous)
        except RefusedError as error:
            return Rejected(error.reason, error.detail)
        recaption = Recaption(
            think=think,
            text=written,
            language=prompt.language,
            attempt=previous.attempt + 1 if previous else 1,
            critique=critique,
            turn=transcript.turns[-1],
            refused=transcript.turns[:-1],
            problems=problems,
            model=identity(self.teacher),
        )
        if problems:
            return Rejected("malformed-recaption", ", ".join(problems), {"recaption": recaption})
        return Kept({"recaption": recaption})


def _write(
    transcript: Transcript,
    facts: dict[str, Any],
    prompt: Prompt,
    labels: list[str],
    previous: Recaption | None,
) -> Asking[tuple[str, str, list[str]]]:
    """Think part, text, and what is still wrong with it after one repair. The last turn holds the reply."""
    while True:
        reply = yield from say(ChatRequest(task="recaption", messages=transcript.messages(), facts=facts))
        parsed = parse_reply(reply)
        if parsed.problem or parsed.recaption is None:
            declined = parsed.problem == "no-action" and is_refusal(reply)
            transcript.refuse(reply, "refusal" if declined else parsed.problem or "wrong-order")
            continue
        problems = validate_recaption(parsed.recaption, parsed.think, prompt.language, labels)
        problems += _scene_problems(parsed.recaption, prompt)
        if previous and parsed.recaption.split() == previous.text.split():
            problems.append("unchanged")
        if problems and not transcript.repaired:
            transcript.refuse(
                reply, "malformed-recaption", f"the recaption has these faults: {', '.join(problems)}"
            )
            continue
        transcript.record(reply, problem=", ".join(problems))
        return parsed.think, parsed.recaption, problems


def _scene_problems(text: str, prompt: Prompt) -> list[str]:
    """Place, light and number have to be read back from the text, so they stand in it word for word."""
    place, light = place_and_light(prompt)
    wanted = {
        "omits-subject": bare(prompt.phrase or prompt.noun, prompt.language),
        "omits-place": place,
        "omits-light": light,
    }
    return [problem for problem, words in wanted.items() if words.casefold() not in text.casefold()]


def _facts(
    prompt: Prompt,
    text: TextTrace,
    references: Sequence[Reference],
    previous: Recaption | None,
    verdict: Verdict | None,
) -> dict[str, Any]:
    return {
        "key": prompt.key,
        "language": prompt.language,
        "subject": prompt.subject,
        "noun": prompt.noun,
        "phrase": prompt.phrase or prompt.noun,
        "count": prompt.scene.count,
        "place": prompt.scene.place,
        "light": prompt.scene.light,
        "action": prompt.scene.action,
        "evidence": evidence_facts(text.about_subject),
        "references": [
            {"label": one.label, "title": one.candidate.title, "description": one.description}
            for one in references
        ],
        "attempt": previous.attempt + 1 if previous else 1,
        "critique": verdict.critique if previous and verdict else "",
        "reasons": list(verdict.reasons) if previous and verdict else [],
        "previous": previous.text if previous else "",
    }


def _question(
    prompt: Prompt,
    text: TextTrace,
    references: Sequence[Reference],
    previous: Recaption | None,
    critique: str,
) -> str:
    """The references as an observation, and the instructions."""
    scene = (prompt.phrase or prompt.noun, *place_and_light(prompt), prompt.scene.action)
    then = instruction(
        "recaption",
        labels=", ".join(reference.label for reference in references),
        prompt=prompt.text,
        language=prompt.language,
        scene="; ".join(part for part in scene if part),
        evidence="\n".join(f"- {one.sentence} ({one.title})" for one in text.about_subject),
        critique=instruction("critique", previous=previous.text, critique=critique) if previous else "",
        least=LEAST_WORDS,
        most=MOST_WORDS,
    )
    return render_observation(render_references(references), then)
