"""What each benchmark needs to be scored: its items, its stages, its table, its published files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from catalogs.files import write_if_changed
from catalogs.records import ScoreItem
from catalogs.splits.factip import pretty
from catalogs.stage import Stage
from pipelines.flow import Observer
from pipelines.folder import OutputFolder
from pipelines.score_files import write_factip
from pipelines.scoring import ScoreReport, score_items, write_report
from verifiers.scorers import factip, kitten, knowgen, pairwise, unified_bench, wise
from verifiers.scorers.describe import DescribeSource
from verifiers.scorers.files import read_rows
from verifiers.scorers.items import DrawMissing
from verifiers.scorers.judged import AskJudge, Instruction, ReadReply
from verifiers.scorers.published_numbers import tables_of
from verifiers.scorers.tally import SCORED, ItemScore, Line
from workers.backbones.handle import BackboneWorker
from workers.benchmark_judge.interface import BenchmarkJudge
from workers.drawing.handle import DrawerWorker
from workers.drawing.interface import DrawerHandle
from workers.errors import ModelLoadError

EMBEDDED_NOTE = (
    "embedded judge or backbone: measurements, not a vision-language model; compare with no published number"
)
DRAWN_NOTE = "pictures drawn here from the ground truth itself: an upper bound for the drawer"
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


def score_factip(bench: Bench, split: Path, images: Path | None) -> Scored:
    """Items of a split; without `images` they are drawn. Writes score files that the published calculator
    reads, and beside drawn pictures the prompt files that the published scorer asks for."""
    items = factip.items_of(split, images, bench.folder.blobs)
    drawing = [DrawMissing(bench.drawer)] if images is None else []
    stages = _judging(bench, factip.INSTRUCTION, drawing)
    scores = bench.outcomes(factip.SLUG, items, stages)
    write_factip(bench.home(factip.SLUG), items, scores, bench.folder.blobs)
    measured = _measured(scores, factip.measured)
    return _finished(bench, factip.SLUG, measured, factip.lines(measured), factip.INSTRUCTION)


def score_wise(bench: Bench, prompts: Sequence[Path], images: Path, version: str) -> Scored:
    """Writes the published score file."""
    release, items = wise.items_of(prompts, images, version, bench.folder.blobs)
    instruction = wise.INSTRUCTIONS[release.name]
    slug = f"{wise.SLUG}-{release.name}"
    scores = bench.outcomes(slug, items, _judging(bench, instruction))
    measured = _measured(scores, lambda values: wise.measured(release, values))
    rows = wise.score_rows(release, items, scores)
    body = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_if_changed(bench.home(slug) / f"{bench.model}_scores.jsonl", body.encode())
    return _finished(bench, slug, measured, wise.lines(release, measured), instruction)


def score_kitten(bench: Bench, results: Path) -> Scored:
    """Rows with their pictures."""
    items = kitten.items_of(results, bench.folder.blobs)
    stages = _judging(bench, kitten.INSTRUCTION)
    scores = bench.outcomes(kitten.SLUG, items, stages)
    measured = _measured(scores, kitten.measured)
    return _finished(bench, kitten.SLUG, measured, kitten.lines(measured), kitten.INSTRUCTION)


def score_knowgen(bench: Bench, results: Path) -> Scored:
    """Writes the published evaluation file, summary rows included."""
    items = knowgen.items_of(results, bench.folder.blobs)
    stages = _judging(bench, knowgen.INSTRUCTION)
    scores = bench.outcomes(knowgen.SLUG, items, stages)
    measured = _measured(scores, knowgen.measured)
    rows = knowgen.published_rows(read_rows(results), measured)
    write_if_changed(bench.home(knowgen.SLUG) / "results_eval.json", pretty(rows))
    return _finished(bench, knowgen.SLUG, measured, knowgen.lines(measured), knowgen.INSTRUCTION)


def score_pairwise(bench: Bench, images: Path, captions_a: Path, captions_b: Path) -> Scored:
    """Both orders of every pair; the result is caption A's."""
    items = pairwise.items_of(images, captions_a, captions_b, bench.folder.blobs)
    stages = _judging(bench, pairwise.INSTRUCTION)
    scores = bench.outcomes(pairwise.SLUG, items, stages)
    pairs = pairwise.joined(scores)
    write_if_changed(bench.home(pairwise.SLUG) / "verdicts.json", pretty(pairwise.verdicts(pairs)))
    return _finished(bench, pairwise.SLUG, pairs, pairwise.lines(pairs), pairwise.INSTRUCTION)


def score_unified_bench(
    bench: Bench, sources: Path, images: Path | None, backbones: Sequence[BackboneWorker], skip: bool
) -> Scored:
    """Writes the published result document. A backbone that does not load is an error, unless `skip` is
    asked for; then the report names it."""
    loaded, notes = _loaded(backbones, skip)
    items = unified_bench.items_of(sources, images, bench.folder.blobs)
    before: list[Stage] = [] if images is not None else [DescribeSource(), DrawMissing(bench.drawer)]
    runs = [
        bench.outcomes(unified_bench.SLUG, items, [*before, unified_bench.CompareFeatures(backbone)])
        for backbone in loaded
    ]
    judges = {one.name: one.revision for one in loaded}
    scores = [_together(several, judges) for several in zip(*runs, strict=True)]
    document = unified_bench.published(scores, {b.name: b.weights or b.revision for b in loaded})
    write_if_changed(bench.home(unified_bench.SLUG) / "similarities.json", pretty(document))
    lines = unified_bench.lines(scores, list(judges))
    embedded = any(one.embedded for one in loaded)
    return _finished(bench, unified_bench.SLUG, scores, lines, judges=judges, embedded=embedded, notes=notes)


def from_files(bench: Bench, benchmark: str, scores: Sequence[ItemScore], lines: list[Line]) -> Scored:
    """A report over score files that were made elsewhere; nothing is judged."""
    return _finished(bench, benchmark, list(scores), lines, judges={}, embedded=False, notes=[FILES_NOTE])


def _judging(bench: Bench, instruction: Instruction, before: Sequence[Stage] = ()) -> list[Stage]:
    if bench.judge is None:
        raise ModelLoadError("there is no judge: use --judge embedded, or a profile with a chat endpoint")
    return [*before, AskJudge(bench.judge, instruction), ReadReply(instruction.fields)]


def _measured(
    scores: Sequence[ItemScore], measured: Callable[[dict[str, float]], dict[str, float]]
) -> list[ItemScore]:
    return [
        msgspec.structs.replace(score, values=measured(score.values)) if score.outcome == SCORED else score
        for score in scores
    ]


def _together(several: Sequence[ItemScore], judges: Mapping[str, str]) -> ItemScore:
    """One item by all backbones; it has a score where every one of them gave one."""
    bad = next((score for score in several if score.outcome != SCORED), None)
    if bad is not None:
        return bad
    values = {name: value for score in several for name, value in score.values.items()}
    by = ", ".join(f"{name}@{revision}" for name, revision in judges.items())
    return msgspec.structs.replace(several[0], values=values, judge=by)


def _loaded(backbones: Sequence[BackboneWorker], skip: bool) -> tuple[list[BackboneWorker], list[str]]:
    loaded, notes = [], []
    for backbone in backbones:
        try:
            backbone.load()
        except ModelLoadError as error:
            if not skip:
                raise
            notes.append(f"{backbone.name} was left out, the overall mean is over the rest: {error}")
            continue
        loaded.append(backbone)
    if not loaded:
        raise ModelLoadError("no backbone could be loaded: give weights, or use --backbones embedded")
    return loaded, notes


def _finished(
    bench: Bench,
    benchmark: str,
    scores: list[ItemScore],
    lines: list[Line],
    instruction: Instruction | None = None,
    *,
    judges: dict[str, str] | None = None,
    embedded: bool | None = None,
    notes: Sequence[str] = (),
) -> Scored:
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
        drawer=f"{bench.drawer.name}@{bench.drawer.revision}" if drawn else "",
        lines=lines,
        notes=[*notes, *([EMBEDDED_NOTE] if embedded else []), *([DRAWN_NOTE] if drawn else [])],
        published=tables_of(benchmark),
    )
    write_report(bench.home(benchmark), report, scores)
    return report, scores
