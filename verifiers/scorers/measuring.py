"""What the embedded judges share: they measure instead of seeing, and answer in the words of a judge."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from workers.benchmark_judge.interface import Question
from workers.errors import ModelReplyError, WorkerError
from workers.image_text.handle import ImageTextWorker


@dataclass(frozen=True)
class MeasuringJudge(ABC):
    """A `workers.benchmark_judge.interface.BenchmarkJudge` without a language model."""

    name: ClassVar[str]
    version: ClassVar[str]
    """Raised when equal questions get other answers."""

    image_text: ImageTextWorker

    @property
    def revision(self) -> str:
        return f"{self.version}-{self.image_text.revision}"

    def answer(self, questions: Sequence[Question]) -> list[str | WorkerError]:
        """One JSON answer a question, in order; an error for a picture that cannot be measured."""
        return [self._answer(question) for question in questions]

    def _answer(self, question: Question) -> str | WorkerError:
        try:
            return json.dumps(self.measured(question))
        except (ValueError, WorkerError) as error:  # a picture that cannot be decoded
            return ModelReplyError(str(error))

    @abstractmethod
    def measured(self, question: Question) -> Mapping[str, Any]:
        """The fields of the answer. Raises ValueError or `WorkerError`."""
