"""The same stages in this process: for small inputs, tests, debuggers, and models that are elsewhere.

Buckets follow one another, unless stages wait for servers: then several are on their way at once, so that the
servers have work while this process computes, and while the slowest dialogue of a bucket ends.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from pipelines.engine.buckets import Bucket
from pipelines.engine.emit import Report
from pipelines.engine.flow import Observer
from pipelines.runners.interface import Job
from workers.endpoint import CLIENTS

AT_ONCE = 4
"""Buckets on their way where stages wait for servers: one whose dialogues come to their end, one that
computes, and two that keep the slots busy meanwhile."""


class LocalRunner:
    def run(self, job: Job, buckets: Sequence[Bucket], observe: Observer) -> Iterator[Report]:
        if not any(stage.slots() for stage in job.graph.stages):
            for bucket in buckets:
                yield _bring_up(job, bucket, observe)
            return
        telling = threading.Lock()

        def tell(stage: str, outcome: str, count: int) -> None:
            with telling:
                observe(stage, outcome, count)

        with CLIENTS.calling(), ThreadPoolExecutor(AT_ONCE) as pool:
            futures = [pool.submit(_bring_up, job, bucket, tell) for bucket in buckets]
            try:
                for future in as_completed(futures):
                    yield future.result()
            except BaseException:
                CLIENTS.stop()
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _bring_up(job: Job, bucket: Bucket, observe: Observer) -> Report:
    flow = job.flow(observe)
    for lane in job.graph.lanes():
        flow.execute(bucket, lane.positions)
    return job.finish(bucket)
