"""Stage ``answer-known``: the dialogue about a subject that the generator draws from the bare prompt.

It is one turn, in which nothing is searched: the prompt is the question, and, as it stands, the recaption.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from catalogs.records import (
    Exemption,
    Gap,
    ImageTrace,
    Knowledge,
    Prompt,
    Proof,
    Recaption,
    Selection,
    TextTrace,
    Turn,
)
from catalogs.stage import Blobs, Kept, Outcome, Resources, Row, Stage
from catalogs.trajectory import neutralise, render_recaption
from catalogs.trajectory.published import STAGE_RECAPTION

REASON = "known-to-generator"
"""As the policy `verifiers.closed_book.Known` rejects by it."""


@dataclass(frozen=True)
class AnswerKnown(Stage):
    """Writes all that the stages of the search would, empty, and the measured gap; no model is asked.

    The prompt itself is the recaption, because its words are those that the drawings were made from. Whoever
    wrote it is the model of the recaption, and the measurement is that of the gap. The think part is English
    in all languages, like the gaps of a teacher.
    """

    name, version = "answer-known", "1"
    reads: ClassVar = ("prompt", "closed_proof", "knowledge")
    writes: ClassVar = (
        "exemption",
        "gap",
        "text_trace",
        "image_trace",
        "references",
        "selection",
        "recaption",
    )
    resources: ClassVar = Resources(cpus=0.25, memory_gib=0.25)
    policy: ClassVar = True

    def needed(self, row: Row) -> bool:
        knowledge: Knowledge = row["knowledge"]
        return knowledge.known

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        prompt: Prompt = row["prompt"]
        return Kept(
            {
                "exemption": Exemption(reason=REASON),
                "gap": measured_gap(prompt, row["closed_proof"]),
                "text_trace": TextTrace(queries=[], hits=[], evidence=[], turns=[], model=""),
                "image_trace": ImageTrace(queries=[], turns=[], candidates=[], model=""),
                "references": [],
                "selection": Selection(references=[], decisions=[]),
                "recaption": answer(prompt),
            }
        )


def measured_gap(prompt: Prompt, proof: Proof) -> Gap:
    """No gap, and the figures that say so."""
    similarities = sorted(match.similarity for match in proof.matches)
    statement = (
        f"Nothing: in {len(similarities)} drawings of the bare prompt {prompt.subject} has a cosine of "
        f"{similarities[0]:g} to {similarities[-1]:g} to the ground truth."
    )
    return Gap(needs_search=False, unknowns=[], statement=statement, model=proof.model)


def answer(prompt: Prompt) -> Recaption:
    """The prompt as its own recaption, in the published syntax of a last turn."""
    think = (
        f"No search is needed: the generator draws {neutralise(prompt.subject)} from the prompt alone, "
        "so the prompt stands as it is."
    )
    turn = Turn(
        turn=0,
        stage=STAGE_RECAPTION,
        input=prompt.text,
        response_text=render_recaption(think, prompt.text),
    )
    return Recaption(
        think=think,
        text=prompt.text,
        language=prompt.language,
        attempt=1,
        turn=turn,
        model=prompt.model,
    )
