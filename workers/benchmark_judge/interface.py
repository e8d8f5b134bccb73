"""What a benchmark's scorer asks a judge, and what a judge is.

A question carries what a vision-language model reads and sees, and beside it the same content as plain data
(`subject`, `facts`), from which a judge that measures can answer. All answer in JSON text of the same
fields, and all answers go through the same parser (`workers.judging.reply`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from catalogs.stage import Worker
from workers.errors import WorkerError
from workers.judging.fields import Field, schema_of


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One picture of a question."""

    role: str
    """What it is to the scorer: ``generated``, ``truth_1``, ..."""
    label: str
    """What the judge is told that it is."""
    sha256: str
    data: bytes
    """The encoded picture."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    task: str
    """The benchmark's slug."""
    system: str
    text: str
    pictures: tuple[Shown, ...]
    fields: tuple[Field, ...]
    subject: str
    """The prompt that the picture was made from, alone."""
    language: str
    facts: dict[str, str]

    def schema(self) -> dict[str, Any]:
        """JSON schema of the answer."""
        return schema_of(self.fields)

    def picture(self, role: str) -> bytes | None:
        return next((shown.data for shown in self.pictures if shown.role == role), None)

    def pictures_of(self, prefix: str) -> list[bytes]:
        """Pictures whose role starts so, in their order."""
        return [shown.data for shown in self.pictures if shown.role.startswith(prefix)]


class BenchmarkJudge(Worker, Protocol):
    """Anything that answers questions about pictures."""

    def answer(self, questions: Sequence[Question]) -> list[str | WorkerError]:
        """One answer a question, in order; an error in place of an answer that could not be had, so that one
        bad question takes nothing from the others."""
        ...
