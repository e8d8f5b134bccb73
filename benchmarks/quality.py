"""Measured quality: the sample world knows the truth about its pictures, so the curation can be graded.

    python -m benchmarks.quality --seed 7

runs the default world with another seed and prints one JSON object. The labels are read here, after the
run, and nowhere in a stage.

- reference precision: chosen pictures that show the right entity and carry no fault
- yield: prompts, of those that are not reserved for benchmarks, that end verified
- false accepts: prompts whose references are replaced by a look-alike's good pictures, recaptioned from
  those, that still pass the proof
- false rejects: prompts with two good pictures and a faithful recaption that fail the proof
"""

from __future__ import annotations

import argparse
import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image
from rich.console import Console

from catalogs.records import COLUMNS, Candidate, Reference, Selection
from catalogs.stage import Kept, Row, Stage
from filters.appearance import appearance_of
from pipelines.engine.graph import Graph
from pipelines.folder import OutputFolder
from pipelines.gallery import pinned_gallery
from pipelines.models import models_of
from pipelines.profile import Profile, load_profile
from pipelines.run import run, whole_world
from pipelines.runners import Job
from pipelines.terminal.progress import shown
from pipelines.trajectories import proof_round, trajectory_graph
from sources.sample_world import labels
from sources.sample_world.web import SampleWeb
from workers.pictures import picture_of

REPLACED, CLEAN = "replaced", "clean"
PROCESSES = 2


@dataclass(frozen=True)
class Case:
    """One prompt with references of our choosing."""

    arm: str
    key: str
    entity_id: str
    cells: dict[str, bytes]


def measure(profile: Profile, out: Path, runner: str) -> dict[str, Any]:
    """Run, then grade; see the module's docstring."""
    with shown(Console(stderr=True)) as observe:
        summary = run(profile, out, runner=runner, observe=observe)
    folder = OutputFolder(out)
    world, buckets = whole_world(folder, profile)
    models = models_of(profile, folder.root)
    graph = trajectory_graph(world, models, pinned_gallery(folder, models.image_text), profile)
    flow = _job(graph, folder, ships=True).flow(lambda *_: None)
    grades = _Grades(profile.seed)
    cases: list[Case] = []
    for bucket in buckets:
        walk = flow.plan(bucket)
        grades.add(walk.steps)
        proven = {record.key for record in walk.records}
        for step in walk.steps:
            if step.stage == "recaption":
                cases += _cases(step.record, folder, profile.seed)
        grades.verified += len(proven)
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        chunks = [cases[start : start + 32] for start in range(0, len(cases), 32)]
        passed = Counter[tuple[str, bool]]()
        for chunk in pool.map(partial(prove, profile, out), chunks):
            passed.update(chunk)
    return grades.result(profile.seed, summary.run) | {
        "false_accepts": _share(passed, REPLACED, True),
        "false_rejects": _share(passed, CLEAN, False),
        "proofs": {arm: passed[arm, True] + passed[arm, False] for arm in (REPLACED, CLEAN)},
    }


def _job(graph: Graph, folder: OutputFolder, *, ships: bool) -> Job:
    return Job(graph, folder.root, "quality", ships)


class _Grades:
    """Counts over the selections of a run, held against the labels."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._entered = 0
        self._chosen = Counter[bool]()
        self._faults = Counter[str]()
        self._caught = Counter[str]()
        self._reasons: dict[str, Counter[str]] = {}
        self._good_lost = Counter[str]()
        self._newest: dict[str, tuple[str, Selection, list[Candidate]]] = {}
        self.verified = 0

    def add(self, steps: Iterable[Any]) -> None:
        for step in steps:
            if step.stage == "gap":
                self._entered += 1
            if step.stage in ("select", "select-2") and step.entry.digests:
                selection = msgspec.json.decode(step.cells()["selection"], type=Selection)
                candidates = step.record.value("image_trace").candidates
                self._newest[step.record.key] = (step.record.entity_id, selection, candidates)

    def _grade(self) -> None:
        for entity_id, selection, candidates in self._newest.values():
            for candidate, decision in zip(candidates, selection.decisions, strict=True):
                truth = labels.label(self._seed, candidate.picture.origin.url)
                good = truth.fault is None and truth.entity_id == entity_id
                if decision.kept:
                    self._chosen[good] += 1
                if good:
                    if not decision.kept and decision.reason != "surplus":
                        self._good_lost[decision.reason] += 1
                    continue
                fault = truth.fault or "other-entity"
                self._faults[fault] += 1
                self._caught[fault] += decision.reason not in ("kept", "surplus")
                self._reasons.setdefault(fault, Counter())[decision.reason] += 1

    def result(self, seed: int, run_id: str) -> dict[str, Any]:
        self._grade()
        chosen = self._chosen.total()
        return {
            "seed": seed,
            "run": run_id,
            "prompts": self._entered,
            "verified": self.verified,
            "yield": round(self.verified / max(1, self._entered), 4),
            "references": chosen,
            "reference_precision": round(self._chosen[True] / max(1, chosen), 4),
            "faults": {
                fault: {
                    "served": self._faults[fault],
                    "caught": round(self._caught[fault] / self._faults[fault], 4),
                    "by": dict(self._reasons[fault].most_common()),
                }
                for fault in sorted(self._faults)
            },
            "good_pictures_lost_to": dict(self._good_lost.most_common()),
        }


def _cases(record: Any, folder: OutputFolder, seed: int) -> list[Case]:
    """The two arms for one record that came as far as a recaption."""
    wrong = labels.look_alikes(record.entity_id)[0]
    cells = {column: cell.load() for column, cell in record.cells.items()}
    found = []
    for arm, shown_entity in ((REPLACED, wrong), (CLEAN, record.entity_id)):
        references = _references(record.value("image_trace").candidates, seed, shown_entity, folder)
        found.append(
            Case(
                arm,
                record.key,
                record.entity_id,
                {**cells, "references": msgspec.json.encode(references)},
            )
        )
    return found


def _references(
    like: Sequence[Candidate], seed: int, entity_id: str, folder: OutputFolder
) -> list[Reference]:
    """Two good pictures of an entity, as if the filters had chosen them."""
    references = []
    for number, url in enumerate(labels.good_views(seed, entity_id)[:2], start=1):
        data = SampleWeb(seed).fetch(url)
        folder.blobs.put(data)
        origin = msgspec.structs.replace(like[0].picture.origin, url=url)
        candidate = msgspec.structs.replace(like[0], picture=picture_of(data, origin))
        colours = appearance_of(Image.open(io.BytesIO(data))).colours
        references.append(
            Reference(
                label=f"image_{number}",
                candidate=candidate,
                judgement={},
                description=",".join(colours),
            )
        )
    return references


def prove(profile: Profile, out: Path, cases: Sequence[Case]) -> Counter[tuple[str, bool]]:
    """Both proof rounds over some cases; counts (arm, passed)."""
    folder = OutputFolder(out)
    models = models_of(profile, folder.root)
    gallery = pinned_gallery(folder, models.image_text)
    stages = [*proof_round(1, models, gallery, profile), *proof_round(2, models, gallery, profile, last=True)]
    counts = Counter[tuple[str, bool]]()
    alive = [(case, _decoded(case)) for case in cases]
    for stage in stages:
        alive = _through(stage, alive, folder, counts)
    counts.update((case.arm, True) for case, _ in alive)
    return counts


def _decoded(case: Case) -> dict[str, Any]:
    return {name: msgspec.json.decode(text, type=COLUMNS[name]) for name, text in case.cells.items()}


def _through(
    stage: Stage,
    alive: list[tuple[Case, dict[str, Any]]],
    folder: OutputFolder,
    counts: Counter[tuple[str, bool]],
) -> list[tuple[Case, dict[str, Any]]]:
    columns = (*stage.reads, *stage.optional)
    rows = [Row(case.key, {c: cells[c] for c in columns if c in cells}) for case, cells in alive]
    needed = [index for index, row in enumerate(rows) if stage.needed(row)]
    outcomes = dict(zip(needed, stage.run([rows[i] for i in needed], folder.blobs), strict=True))
    after = []
    for index, (case, cells) in enumerate(alive):
        outcome = outcomes.get(index)
        if outcome is None:
            after.append((case, cells))
        elif isinstance(outcome, Kept):
            after.append((case, {**cells, **outcome.writes}))
        else:
            counts[case.arm, False] += 1
    return after


def _share(passed: Counter[tuple[str, bool]], arm: str, what: bool) -> float:
    return round(passed[arm, what] / max(1, passed[arm, True] + passed[arm, False]), 4)


def main() -> None:
    """Print the figures of one seed as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--limit", type=int, help="entities a domain; the profile's limit where absent")
    parser.add_argument("--out", type=Path, help="default: build/quality-SEED")
    parser.add_argument("--runner", default="ray")
    arguments = parser.parse_args()
    overrides = {"seed": arguments.seed, "source": "sample"}
    if arguments.limit is not None:
        overrides["limit"] = arguments.limit
    out = arguments.out or Path("build") / f"quality-{arguments.seed}"
    out.parent.mkdir(parents=True, exist_ok=True)
    print(json.dumps(measure(load_profile("embedded", overrides), out, arguments.runner), indent=2))


if __name__ == "__main__":
    main()
