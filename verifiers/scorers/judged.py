"""Judging an item: the question, one more try where the answer cannot be read, and its reading.

The answer is stored word for word by one stage and parsed by another, so that a new parser asks nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import msgspec

from catalogs.digests import digest_of
from catalogs.records import Grades, JudgeReply, ScoreItem
from catalogs.stage import Blobs, Failed, Kept, Outcome, Rejected, Resources, Row, Stage
from verifiers.scorers.items import pictures_of
from workers.benchmark_judge.interface import BenchmarkJudge, Question, Shown
from workers.errors import ModelReplyError, WorkerError
from workers.judging.fields import Field
from workers.judging.reply import read_reply

FOLDER = Path(__file__).parent / "instructions"


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """What a judge is told. All of it is part of the stage's fingerprint, so a changed word is judged
    anew."""

    task: str
    system: str
    text: str
    """Names in braces are filled in: ``{text}`` is the item's prompt, others are its facts."""
    shows: tuple[tuple[str, str], ...]
    """(role, label) of the pictures, in the order in which the judge sees them. Those that an item does not
    have are left out."""
    fields: tuple[Field, ...]

    @property
    def digest(self) -> str:
        """16 hex digits, printed beside every score."""
        return digest_of(self)[:16]

    def question(self, item: ScoreItem, pictures: Mapping[str, str], blobs: Blobs) -> Question:
        """The question about one item; KeyError for a fact that the item lacks."""
        shown = [
            Shown(role=role, label=label, sha256=pictures[role], data=blobs.get(pictures[role]))
            for role, label in self.shows
            if role in pictures
        ]
        return Question(
            task=self.task,
            system=self.system,
            text=self.text.format(text=item.text, **item.facts),
            pictures=tuple(shown),
            fields=self.fields,
            subject=item.text,
            language=item.language,
            facts=item.facts,
        )


def system_text(name: str) -> str:
    """What a judge is told, from ``instructions/<name>.md``."""
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8").strip()


AGAIN = (
    "Your answer could not be used: {problem}. Answer with the JSON object alone, with all fields asked for."
)
"""Added to a question that is asked a second time."""


@dataclass(frozen=True)
class AskJudge(Stage):
    """One answer an item. What cannot be read is asked for once more; then the item has failed.

    Failed items are asked again by later runs, as the engine does with all failures.
    """

    name, version = "score-ask", "1"
    reads: ClassVar = ("score_item",)
    optional: ClassVar = ("drawings",)
    writes: ClassVar = ("judge_reply",)
    resources: ClassVar = Resources(cpus=1.0, memory_gib=1.0)

    judge: BenchmarkJudge
    instruction: Instruction

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        questions = [self.instruction.question(r["score_item"], pictures_of(r), blobs) for r in rows]
        first = self.judge.answer(questions)
        problems = {
            index: problem
            for index, answer in enumerate(first)
            if isinstance(answer, str) and (problem := self._problem(answer))
        }
        again = [_asked_again(questions[index], problem) for index, problem in problems.items()]
        second = dict(zip(problems, self.judge.answer(again), strict=True)) if again else {}
        return [
            self._outcome(second.get(i, answer), [str(answer)] if i in second else [])
            for i, answer in enumerate(first)
        ]

    def _problem(self, answer: str) -> str:
        try:
            read_reply(answer, self.instruction.fields)
        except ModelReplyError as error:
            return str(error)
        return ""

    def _outcome(self, answer: str | WorkerError, refused: list[str]) -> Outcome:
        if isinstance(answer, WorkerError):
            return Failed(type(answer).__name__, str(answer))
        if problem := self._problem(answer):
            return Failed(ModelReplyError.__name__, f"{problem}: {answer[:500]}")
        reply = JudgeReply(
            text=answer,
            refused=refused,
            judge=f"{self.judge.name}@{self.judge.revision}",
            instruction=self.instruction.digest,
        )
        return Kept({"judge_reply": reply})


@dataclass(frozen=True)
class ReadReply(Stage):
    """The grades of a stored answer. Rejects with ``unreadable`` what an earlier parser took and this one
    does not."""

    name, version = "score-read", "1"
    reads: ClassVar = ("judge_reply",)
    writes: ClassVar = ("grades",)
    resources: ClassVar = Resources(cpus=0.25, memory_gib=0.25)
    policy: ClassVar = True

    fields: tuple[Field, ...]

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        try:
            grades: Grades = read_reply(row["judge_reply"].text, self.fields)
        except ModelReplyError as error:
            return Rejected("unreadable", str(error))
        return Kept({"grades": grades})


def _asked_again(question: Question, problem: str) -> Question:
    return msgspec.structs.replace(question, text=f"{question.text}\n\n{AGAIN.format(problem=problem)}")
