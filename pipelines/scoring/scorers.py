"""What each benchmark needs to be scored: its items, its stages, its table, its published files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from catalogs.files import write_if_changed
from catalogs.splits.factip import FactipReport, pretty
from catalogs.splits.reports import read_report
from catalogs.splits.unified_bench import UnifiedReport
from catalogs.stage import Stage
from pipelines.scoring.bench import FILES_NOTE, Bench, Scored, finished, judging, measured, notes_on
from pipelines.scoring.engine import GROUND_TRUTH, OWN_REFERENCES
from pipelines.scoring.factip_files import write_factip
from verifiers.scorers import factip, kitten, knowgen, pairwise, unified_bench, wise
from verifiers.scorers.describe import DescribeSource
from verifiers.scorers.files import read_rows
from verifiers.scorers.items import DrawMissing
from verifiers.scorers.tally import SCORED, ItemScore, Line
from workers.backbones.handle import BackboneWorker
from workers.errors import ModelLoadError


def score_factip(bench: Bench, split: Path, images: Path | None, trajectories: Path | None = None) -> Scored:
    """Items of a split. Without `images` they are drawn: from what an agent left in `trajectories`, or from
    the ground truth. Writes score files that the published calculator reads, and beside drawn pictures the
    prompt files that the published scorer asks for."""
    items = factip.items_of(split, images, bench.folder.blobs, trajectories)
    drawing = [DrawMissing(bench.drawer)] if images is None else []
    stages = judging(bench, factip.INSTRUCTION, drawing)
    scores = bench.outcomes(factip.SLUG, items, stages)
    write_factip(bench.home(factip.SLUG), items, scores, bench.folder.blobs)
    graded = measured(scores, factip.measured)
    return finished(
        bench,
        factip.SLUG,
        graded,
        factip.lines(graded),
        factip.INSTRUCTION,
        source=OWN_REFERENCES if trajectories else GROUND_TRUTH,
        notes=notes_on(read_report(split, FactipReport)),
    )


def score_wise(bench: Bench, prompts: Sequence[Path], images: Path, version: str) -> Scored:
    """Writes the published score file."""
    release, items = wise.items_of(prompts, images, version, bench.folder.blobs)
    instruction = wise.INSTRUCTIONS[release.name]
    slug = f"{wise.SLUG}-{release.name}"
    scores = bench.outcomes(slug, items, judging(bench, instruction))
    graded = measured(scores, lambda values: wise.measured(release, values))
    rows = wise.score_rows(release, items, scores)
    body = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_if_changed(bench.home(slug) / f"{bench.model}_scores.jsonl", body.encode())
    return finished(bench, slug, graded, wise.lines(release, graded), instruction)


def score_kitten(bench: Bench, results: Path) -> Scored:
    """Rows with their pictures."""
    items = kitten.items_of(results, bench.folder.blobs)
    stages = judging(bench, kitten.INSTRUCTION)
    scores = bench.outcomes(kitten.SLUG, items, stages)
    graded = measured(scores, kitten.measured)
    return finished(bench, kitten.SLUG, graded, kitten.lines(graded), kitten.INSTRUCTION)


def score_knowgen(bench: Bench, results: Path) -> Scored:
    """Writes the published evaluation file, summary rows included."""
    items = knowgen.items_of(results, bench.folder.blobs)
    stages = judging(bench, knowgen.INSTRUCTION)
    scores = bench.outcomes(knowgen.SLUG, items, stages)
    graded = measured(scores, knowgen.measured)
    rows = knowgen.published_rows(read_rows(results), graded)
    write_if_changed(bench.home(knowgen.SLUG) / "results_eval.json", pretty(rows))
    return finished(bench, knowgen.SLUG, graded, knowgen.lines(graded), knowgen.INSTRUCTION)


def score_pairwise(bench: Bench, images: Path, captions_a: Path, captions_b: Path) -> Scored:
    """Both orders of every pair; the result is caption A's."""
    items = pairwise.items_of(images, captions_a, captions_b, bench.folder.blobs)
    stages = judging(bench, pairwise.INSTRUCTION)
    scores = bench.outcomes(pairwise.SLUG, items, stages)
    pairs = pairwise.joined(scores)
    write_if_changed(bench.home(pairwise.SLUG) / "verdicts.json", pretty(pairwise.verdicts(pairs)))
    return finished(bench, pairwise.SLUG, pairs, pairwise.lines(pairs), pairwise.INSTRUCTION)


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
    notes += notes_on(read_report(sources.parent, UnifiedReport))
    return finished(bench, unified_bench.SLUG, scores, lines, judges=judges, embedded=embedded, notes=notes)


def from_files(bench: Bench, benchmark: str, scores: Sequence[ItemScore], lines: list[Line]) -> Scored:
    """A report over score files that were made elsewhere; nothing is judged."""
    return finished(bench, benchmark, list(scores), lines, judges={}, embedded=False, notes=[FILES_NOTE])


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
