"""Running a scorer: items through a short graph over a ledger, then a report.

A scoring folder is an output folder of its own, with ledger and blobs: finished judgements are journalled as
they return, failed ones are asked again by the next run, and an item whose prompt, pictures, judge and
instruction are unchanged is never judged twice, whatever else changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from catalogs.digests import encode, rounded_values
from catalogs.files import write_if_changed
from catalogs.records import Grades, JudgeReply, ScoreItem
from catalogs.records import Record as StoredRecord
from catalogs.results import FAILED as LEDGER_FAILED
from catalogs.results import REJECTED
from catalogs.splits.factip import pretty
from catalogs.stage import Stage
from pipelines.engine.buckets import partition
from pipelines.engine.flow import Flow, Observer
from pipelines.engine.graph import Graph
from pipelines.engine.holder import new_run
from pipelines.engine.locks import locked
from pipelines.engine.walk import Record, Walk
from pipelines.folder import OutputFolder
from pipelines.terminal.interrupts import hear_interrupts
from verifiers.scorers.bootstrap import LEVEL, RESAMPLES
from verifiers.scorers.items import TakeUp, refs_of
from verifiers.scorers.published_numbers import PublishedTable
from verifiers.scorers.tally import FAILED, MISSING, SCORED, ItemScore, Line

GROUND_TRUTH, OWN_REFERENCES = "ground-truth", "own-references"


class ScoreReport(StoredRecord, frozen=True, kw_only=True):
    """A result with everything that it rests on. Written as ``report.json``; equal results, equal bytes."""

    benchmark: str
    """Slug, with the version where there are several: ``wise-verified``."""
    model: str
    """What was scored."""
    judges: dict[str, str]
    """Who judged or measured, by name: revision."""
    instruction: str
    """Digest of the prompt and the fields asked for; empty where nobody was asked."""
    embedded: bool
    """True where a judge or backbone is an embedded one, whose numbers compare with no published ones."""
    drawn: int
    """Pictures that were drawn here."""
    drawn_from: str = ""
    """`GROUND_TRUTH`: an upper bound for the drawer, and no score of a generator; or `OWN_REFERENCES`, what
    an agent found and wrote. Empty where nothing was drawn."""
    drawer: str = ""
    level: float = LEVEL
    """Of the intervals."""
    resamples: int = RESAMPLES
    lines: list[Line]
    notes: list[str]
    """What has to be known to read the numbers."""
    published: list[PublishedTable]


def score_items(
    folder: OutputFolder,
    benchmark: str,
    items: Sequence[ScoreItem],
    stages: Sequence[Stage],
    observe: Observer,
    *,
    retry: bool = False,
) -> list[ItemScore]:
    """What became of every item, in the order given. `values` are the grades as they were given.

    Items that failed are tried again, those that failed too often only with `retry`.
    """
    hear_interrupts()
    with locked(folder, [benchmark]):
        run = new_run(datetime.now(UTC))
        graph = Graph([TakeUp(), *stages])
        flow = Flow(graph, folder.ledger, folder.blobs, run, observe, retry=retry)
        refs = refs_of(benchmark, items, folder.blobs)
        found: dict[str, ItemScore] = {}
        titles = {ref.entity_id: ref.title for ref in refs}
        by_key = {item.key: item for item in items}
        for bucket in partition(refs):
            walk = flow.execute(bucket, range(len(graph.steps)))
            for key, score in _of_walk(walk, titles, by_key).items():
                found[key] = score
    return [found[item.key] for item in items]


def _of_walk(walk: Walk, titles: Mapping[str, str], items: Mapping[str, ScoreItem]) -> dict[str, ItemScore]:
    """Item key -> outcome: scored where the record came through, else where and why it ended."""
    found = {}
    for step in walk.steps:
        if step.entry.outcome in (REJECTED, LEDGER_FAILED):
            item = items[titles[step.record.key]]
            missing = step.stage == TakeUp.name
            found[item.key] = ItemScore(
                key=item.key,
                category=item.category,
                group=item.group,
                outcome=MISSING if missing else FAILED,
                reason=step.entry.reason,
                detail="" if missing else step.entry.detail,
                drawn=_drawn(step.record),
            )
    for record in walk.records:
        item = items[titles[record.key]]
        grades: Grades = record.value("grades")
        reply: JudgeReply | None = record.value("judge_reply") if "judge_reply" in record.cells else None
        found[item.key] = ItemScore(
            key=item.key,
            category=item.category,
            group=item.group,
            outcome=SCORED,
            values=grades.values,
            notes=grades.notes,
            judge=reply.judge if reply else "",
            instruction=reply.instruction if reply else "",
            drawn=_drawn(record),
        )
    return found


def _drawn(record: Record) -> str:
    return str(record.value("drawings")[0].picture.sha256) if "drawings" in record.cells else ""


def rounded_items(items: Sequence[ItemScore]) -> bytes:
    """All items as JSON lines, values to four places."""
    rows = [encode(msgspec.structs.replace(i, values=rounded_values(i.values, 4))) for i in items]
    return b"\n".join(rows) + b"\n" if rows else b""


def write_report(home: Path, report: ScoreReport, items: Sequence[ItemScore]) -> None:
    """``report.json`` and ``items.jsonl``: one line an item, with those that have no score."""
    write_if_changed(home / "items.jsonl", rounded_items(items))
    write_if_changed(home / "report.json", pretty(report))
