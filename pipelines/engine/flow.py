"""One bucket's way through the graph: what the ledger knows is looked up, the rest is computed.

The walk is the same for planning (nothing is computed, what is missing is counted), for running (what is
missing is computed, journalled batch by batch, and committed stage by stage) and for emitting (everything
is there).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import cast

import msgspec

from catalogs.digests import digest, encode
from catalogs.errors import BlobError, LedgerError, StorageError
from catalogs.failures import rests
from catalogs.files import FULL
from catalogs.ledger import Ledger, Segment
from catalogs.results import FAILED, KEPT, PASSED, REJECTED, Entry
from catalogs.stage import Blobs, Failed, Kept, Outcome, Rejected, Row, Stage, StopRun
from catalogs.tombstones import Tombstones
from pipelines.engine.buckets import Bucket
from pipelines.engine.graph import Graph, Unfold
from pipelines.engine.walk import (
    DECODERS,
    Record,
    Step,
    Walk,
    advanced,
    inputs_digest,
    root_of,
    row_of,
    unfolded,
)
from workers.asking import asked_for
from workers.endpoint.again import asking_again
from workers.meter import metered

BATCH = 32
"""Records a call of a stage, and results a journal write: what a kill can lose at most. With eight
pictures a record this fills batches of 256 pictures."""

RECORDS_A_SLOT = 4
"""Records of a batch for each call that a server takes at once: dialogues also search, fetch and wait for the
slowest. Their finished calls are journalled one by one, so that a kill loses no more with larger batches."""

LAG = 90.0
"""Seconds until a result of another node is seen on a shared disk: a client of NFS believes for up to 60 that
a file which it missed is still not there (`acdirmax` in nfs(5))."""

_LOOKS = 1.0
"""Seconds between two looks for one."""

_LOCAL = threading.Lock()
"""Held by a stage that computes in this process: threads are for waiting, models are used one at a time."""

Observer = Callable[[str, str, int], None]
"""Called with stage label, outcome and a number of records."""


NOTHING = Tombstones()

_ENDS = (StorageError, LedgerError, BlobError, StopRun)
"""What no record is to blame for: a disk that refuses, a damaged ledger or blob, a spent budget."""


class Flow:
    """Walks buckets through a graph over one ledger."""

    def __init__(
        self,
        graph: Graph,
        ledger: Ledger,
        blobs: Blobs,
        run: str,
        observe: Observer,
        *,
        retry: bool = False,
        began: int | None = None,
        again: bool = True,
        stones: Tombstones = NOTHING,
        guard: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`retry` takes up dead letters too, and asks again what endpoints refused them before it `began`
        (seconds since 1970; now where it is not given). Without `again` no failed record is tried again. A
        result that names one of the `stones` is rejected.

        `guard` is asked with a domain before anything is written there, and raises where this run must not.
        """
        self.graph = graph
        self._ledger = ledger
        self._blobs = blobs
        self._run = run
        self._observe = observe
        self._retry = retry
        self._began = int(time.time()) if began is None else began
        self._again = again
        self._stones = stones
        self._guard = guard

    def plan(self, bucket: Bucket) -> Walk:
        """Look everything up, compute nothing."""
        return self._walk(bucket, range(0))

    def execute(self, bucket: Bucket, positions: range) -> Walk:
        """Compute what is missing at these positions of the graph, and stop after them.

        What stands before them was computed in this run, maybe on another node; raises `StopRun` where a
        result of it does not come in sight.
        """
        return self._walk(bucket, positions, stop=positions.stop)

    def finished(self, bucket: Bucket) -> Walk:
        """Look everything up after the last stage: nothing may be missing, as in `execute`."""
        end = len(self.graph.steps)
        return self.execute(bucket, range(end, end))

    def _walk(self, bucket: Bucket, execute: range, stop: int | None = None) -> Walk:
        walk = Walk(bucket)
        records = [root_of(ref) for ref in bucket.refs]
        grain = "entity"
        for position, step in enumerate(self.graph.steps[:stop]):
            if isinstance(step, Unfold):
                records = [child for record in records for child in unfolded(step, record)]
                grain = step.into
                continue
            columns = (*step.reads, *step.optional)
            inputs = {record.key: inputs_digest(columns, record) for record in records}
            segment = self._segment(step, bucket, inputs if position < execute.start else {})
            missing = [r for r in records if self._is_missing(segment.find(r.key, inputs[r.key]))]
            if missing and position in execute:
                self._ledger.describe(step.label, step.fingerprint, step.declaration())
                dead = [r for r in missing if self._retry and segment.find(r.key, inputs[r.key])]
                with asking_again(self._began):
                    self._compute(step, bucket.domain, segment, dead, inputs)
                others = [r for r in missing if r not in dead] if dead else missing
                self._compute(step, bucket.domain, segment, others, inputs)
                segment.commit()
                missing = []
            if missing:
                walk.missing[step.label] = [record.key for record in missing]
            absent = {record.key for record in missing}
            label = step.label
            alive = []
            for record in records:
                if record.key in absent:
                    continue
                entry = cast(Entry, segment.find(record.key, inputs[record.key]))
                walk.steps.append(Step(position, label, grain, record, entry, segment))
                if entry.outcome in (KEPT, PASSED):
                    alive.append(advanced(record, entry, segment))
            records = alive
        walk.records = records
        return walk

    def _segment(self, stage: Stage, bucket: Bucket, finished: Mapping[str, str]) -> Segment:
        """Results of a stage, once all of the `finished` ones (key -> digest of inputs) are among them."""
        end = time.monotonic() + LAG
        while True:
            segment = self._ledger.segment(stage.label, stage.fingerprint, bucket.domain, bucket.name)
            if all(segment.find(key, inputs) for key, inputs in finished.items()):
                return segment
            if time.monotonic() > end:
                raise StopRun(
                    f"results of {stage.label} for {bucket.label} were computed and are not to be seen here: "
                    "on a shared disk, mount it so that new files are seen (NFS: lookupcache=positive), then "
                    "give the same command again"
                )
            time.sleep(_LOOKS)

    def _is_missing(self, entry: Entry | None) -> bool:
        if entry is None:
            return True
        if entry.outcome != FAILED or entry.run == self._run:
            return False
        return self._again and (self._retry or not rests(entry.reason, entry.attempts))

    def _compute(
        self,
        stage: Stage,
        domain: str,
        segment: Segment,
        records: Sequence[Record],
        inputs: Mapping[str, str],
    ) -> None:
        size = max(BATCH, RECORDS_A_SLOT * stage.slots())
        for start in range(0, len(records), size):
            needed: list[Row] = []
            entries: list[Entry] = []
            for record in records[start : start + size]:
                row = self._asked(stage, record, inputs[record.key])
                if isinstance(row, Row):
                    needed.append(row)
                else:
                    entries.append(row)
            if needed:
                entries += self._call(stage, needed, inputs)
            for entry in entries:
                earlier = segment.find(entry.key, entry.inputs)
                if entry.outcome == FAILED and earlier is not None and earlier.outcome == FAILED:
                    entry.attempts = earlier.attempts + 1
            self._guard(domain)
            segment.append(entries)
            for outcome in (KEPT, PASSED, REJECTED, FAILED):
                count = sum(entry.outcome == outcome for entry in entries)
                if count:
                    self._observe(stage.label, outcome, count)

    def _asked(self, stage: Stage, record: Record, inputs: str) -> Row | Entry:
        """The record as the stage sees it; its result where the stage need not see it, or cannot."""
        try:
            row = row_of(stage, record)
            return row if stage.needed(row) else Entry(record.key, inputs, PASSED, run=self._run)
        except _ENDS:
            raise
        except Exception as error:
            return self._entry(stage, record.key, inputs, _failed(error))

    def _call(self, stage: Stage, rows: Sequence[Row], inputs: Mapping[str, str]) -> list[Entry]:
        """Run a batch. Where it raises, its rows run one by one, so that only the bad one fails."""
        started = time.perf_counter()
        with metered() as spent, asked_for() as asked:
            try:
                with nullcontext() if stage.slots() else _LOCAL:
                    outcomes = list(stage.run(rows, self._blobs))
                entries = [
                    self._entry(stage, row.key, inputs[row.key], out)
                    for row, out in zip(rows, outcomes, strict=True)
                ]
            except _ENDS:
                raise
            except Exception as error:
                if isinstance(error, OSError) and error.errno in FULL:
                    raise StorageError(
                        f"{stage.label} cannot write ({error}): free some space there, then give the same "
                        "command again; everything finished is kept"
                    ) from error
                if len(rows) > 1:
                    return [entry for row in rows for entry in self._call(stage, [row], inputs)]
                entries = [self._entry(stage, rows[0].key, inputs[rows[0].key], _failed(error))]
        seconds = (time.perf_counter() - started) / len(rows)
        for index, entry in enumerate(entries):
            entry.seconds = round(seconds, 6)
            entry.asked = b"".join(sorted(asked.of(index)))
            entry.calls = _portion(spent.calls, len(rows), index)
            entry.tokens_in = _portion(spent.tokens_in, len(rows), index)
            entry.tokens_out = _portion(spent.tokens_out, len(rows), index)
            entry.micros = _portion(spent.micros, len(rows), index)
        return entries

    def _entry(self, stage: Stage, key: str, inputs: str, outcome: Outcome) -> Entry:
        if isinstance(outcome, Failed):
            return Entry(
                key=key,
                inputs=inputs,
                outcome=FAILED,
                reason=outcome.error,
                detail=outcome.detail,
                run=self._run,
            )
        if isinstance(outcome, Kept) and set(outcome.writes) != set(stage.writes):
            raise TypeError(f"stage {stage.label} declares {stage.writes} but wrote {sorted(outcome.writes)}")
        documents = {column: encode(value) for column, value in outcome.writes.items()}
        for column, document in documents.items():
            DECODERS[column].decode(document)  # garbage must not rest in the ledger
        for document in documents.values():
            forgotten = self._stones.found_in(document)
            if forgotten:
                outcome, documents = Rejected("forgotten", f"it names {forgotten}"), {}
                break
        rejected = isinstance(outcome, Rejected)
        return Entry(
            key=key,
            inputs=inputs,
            outcome=REJECTED if rejected else KEPT,
            reason=outcome.reason if isinstance(outcome, Rejected) else "",
            detail=outcome.detail if isinstance(outcome, Rejected) else "",
            cells={column: msgspec.Raw(document) for column, document in documents.items()},
            digests={column: digest(document) for column, document in documents.items()},
            run=self._run,
        )


def _failed(error: Exception) -> Failed:
    return Failed(type(error).__name__, str(error)[:2000])


def _portion(total: int, parts: int, index: int) -> int:
    """Share out a whole number so that the parts add up to it."""
    return total // parts + (1 if index < total % parts else 0)
