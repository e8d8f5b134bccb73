"""Which buckets have something to do: told from what their tables say of themselves, or by looking it up.

A walk depends on the stages, on the entities of the bucket and on the ledger. While the first two are what
the bucket was written from and nothing in it is unsettled, there is nothing to look up, whatever its size.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pipelines.engine.buckets import Bucket
from pipelines.engine.emit import Written, inputs_of, plan_of, written_from
from pipelines.folder import OutputFolder
from pipelines.runners.interface import Job


def pending_buckets(job: Job, buckets: Sequence[Bucket], *, again: bool = True) -> list[Bucket]:
    """Those in which a result is missing, or was not written out yet; computes nothing.

    Without `again` a failed record is not missing: it is left to whoever works on its domain.
    """
    flow = job.flow(lambda *_: None, again=again)
    folder = OutputFolder(job.out)
    pending = []
    with _uncollected():
        for bucket in buckets:
            written = written_from(folder, bucket.domain, bucket.name)
            if written is not None and is_settled(written, job, bucket):
                continue
            walk = flow.plan(bucket)
            if walk.missing or (job.ships and (written is None or written.inputs != inputs_of(walk))):
                pending.append(bucket)
    return pending


@contextmanager
def _uncollected() -> Iterator[None]:
    """A walk makes many objects and no cycles: looking for cycles takes a third of its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def is_settled(written: Written, job: Job, bucket: Bucket) -> bool:
    """Whether a bucket was written by this very graph, to its end."""
    open_records = written.failed if job.retry else written.unsettled
    plan = written.plan if job.ships else written.harvest
    return not open_records and plan == plan_of(job.fingerprint, bucket)
