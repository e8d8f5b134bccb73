"""The same stages in this process, one bucket after the other: for small inputs, tests and debuggers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipelines.buckets import Bucket
from pipelines.emit import Report
from pipelines.flow import Observer
from pipelines.runners.interface import Job


class LocalRunner:
    def run(self, job: Job, buckets: Sequence[Bucket], observe: Observer) -> Iterator[Report]:
        flow = job.flow(observe)
        for bucket in buckets:
            for lane in job.graph.lanes():
                flow.execute(bucket, lane.positions)
            yield job.finish(bucket)
