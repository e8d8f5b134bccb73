"""Where benchmarks are scored: the folder, the judge, the drawer; and what all of their reports say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from catalogs.records import ScoreItem
from catalogs.splits.factip import FactipReport
from catalogs.splits.unified_bench import UnifiedReport
from catalogs.stage import Stage
from pipelines.engine.flow import Observer
from pipelines.folder import OutputFolder
from pipelines.scoring.engine import GROUND_TRUTH, OWN_REFERENCES, ScoreReport, score_items, write_report
from verifiers.scorers.judged import AskJudge, Instruction, ReadReply
from verifiers.scorers.published_numbers import tables_of
from verifiers.scorers.tally import SCORED, ItemScore, Line
from workers.benchmark_judge.interface import BenchmarkJudge
from workers.drawing.handle import DrawerWorker
from workers.drawing.interface import DrawerHandle
from workers.errors import ModelLoadError

EMBEDDED_NOTE = (
    "embedded judge or backbone: measurements, not a vision-language model; compare with no published number"
)
DRAWN_NOTES = {
    GROUND_TRUTH: "an upper bound for the drawer, and no score of a generator: pictures drawn here from the "
    "ground truth itself. Give pictures with --images, or for FactIP what an agent found with --trajectories",
    OWN_REFERENCES: "pictures drawn here from the agent's own recaptions and references",
}
UNSEARCHED_NOTE = (
    "this split's pictures were not compared with those of training: run `tracemill split` first"
)
FILES_NOTE = "from score files that were given; who judged is not recorded in them"


@dataclass(frozen=True)
class Bench:
    """Where a scoring run works and what it works with."""

    folder: OutputFolder
    """The scoring folder: ledger, blobs, results."""
    model: str
    observe: Observer
    judge: BenchmarkJudge | None = None
    drawer: DrawerHandle = field(default_factory=DrawerWorker)
    retry: bool = False
    """Take up items, too, that failed in so many runs that they rest."""

    def outcomes(
        self, benchmark: str, items: Sequence[ScoreItem], stages: Sequence[Stage]
    ) -> list[ItemScore]:
        """What became of every item; what is known is looked up."""
        return score_items(self.folder, benchmark, items, stages, self.observe, retry=self.retry)

    def home(self, benchmark: str) -> Path:
        return self.folder.root / benchmark / self.model


Scored = tuple[ScoreReport, list[ItemScore]]


def judging(bench: Bench, instruction: Instruction, before: Sequence[Stage] = ()) -> list[Stage]:
    """The stages that grade an item; raises `ModelLoadError` where the bench has no judge."""
    if bench.judge is None:
        raise ModelLoadError("there is no judge: use --judge embedded, or a profile with a chat endpoint")
    return [*before, AskJudge(bench.judge, instruction), ReadReply(instruction.fields)]


def measured(
    scores: Sequence[ItemScore], measures: Callable[[dict[str, float]], dict[str, float]]
) -> list[ItemScore]:
    """The scores with a benchmark's own measures in place of the grades."""
    return [
        msgspec.structs.replace(score, values=measures(score.values)) if score.outcome == SCORED else score
        for score in scores
    ]


def notes_on(split: FactipReport | UnifiedReport | None) -> list[str]:
    """What a split's own report says against it; nothing of a split that has none, a published one."""
    if split is None or (split.leaks is not None and split.leaks.by_eye):
        return []
    return [UNSEARCHED_NOTE]


def finished(
    bench: Bench,
    benchmark: str,
    scores: list[ItemScore],
    lines: list[Line],
    instruction: Instruction | None = None,
    *,
    judges: dict[str, str] | None = None,
    embedded: bool | None = None,
    source: str = GROUND_TRUTH,
    notes: Sequence[str] = (),
) -> Scored:
    """Write the report; `source` is what pictures were drawn from, where any were drawn."""
    if judges is None and bench.judge is not None:
        judges = {bench.judge.name: bench.judge.revision}
    if embedded is None:
        embedded = bench.judge is not None and bench.judge.name.startswith("embedded")
    drawn = sum(bool(score.drawn) for score in scores)
    report = ScoreReport(
        benchmark=benchmark,
        model=bench.model,
        judges=judges or {},
        instruction=instruction.digest if instruction else "",
        embedded=embedded,
        drawn=drawn,
        drawn_from=source if drawn else "",
        drawer=f"{bench.drawer.name}@{bench.drawer.revision}" if drawn else "",
        lines=lines,
        notes=[*notes, *([EMBEDDED_NOTE] if embedded else []), *([DRAWN_NOTES[source]] if drawn else [])],
        published=tables_of(benchmark),
    )
    write_report(bench.home(benchmark), report, scores)
    return report, scores
