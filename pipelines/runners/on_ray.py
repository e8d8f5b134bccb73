"""The graph as one lazy Ray Data plan: a row is a bucket, an operator is a lane of stages.

What flows between operators is the name of a bucket and its entities; documents rest in the ledger and
pictures in the blob store, both on storage that all nodes share. So blocks stay small whatever a
trajectory weighs, a bucket never splits, and an operator that starts again finds what was finished.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import msgspec

from catalogs.errors import CatalogError
from catalogs.stage import Resources, StopRun
from pipelines.engine.buckets import Bucket
from pipelines.engine.emit import Report
from pipelines.engine.flow import Observer
from pipelines.runners.board import Caller, hang, interruptible, posting, quiet, shown
from pipelines.runners.interface import Job
from workers.cluster import start_ray
from workers.endpoint import CLIENTS
from workers.errors import ModelLoadError


class RayRunner:
    """Starts Ray on this machine, or joins the cluster that RAY_ADDRESS names."""

    def run(self, job: Job, buckets: Sequence[Bucket], observe: Observer) -> Iterator[Report]:
        if not buckets:
            return
        ray = start_ray()
        board = hang(ray)
        with shown(ray, board, observe), interruptible(ray, board) as interrupted:
            for batch in _plan(ray, job, buckets, board).iter_batches(batch_size=None, prefetch_batches=0):
                for report, stopped in zip(batch["report"], batch["stopped"], strict=True):
                    if stopped:
                        quiet(ray, board)
                        raise KeyboardInterrupt if interrupted.is_set() else pickle.loads(stopped)
                    yield msgspec.json.decode(report, type=Report)


def _plan(ray: Any, job: Job, buckets: Sequence[Bucket], board: Any) -> Any:
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    rows: list[dict[str, Any]] = [{**bucket.to_row(), "stopped": b""} for bucket in buckets]
    plan = ray.data.from_items(rows, override_num_blocks=len(rows))
    have = ray.cluster_resources()
    lanes = job.graph.lanes()
    wanted = sum(lane.needs.gpus for lane in lanes)
    _check_gpus(wanted, have.get("GPU", 0.0))
    for number, lane in enumerate(lanes, start=1):
        gpus = lane.needs.gpus
        most = int(have["GPU"] / wanted) if gpus else _actors(lane.needs, have, len(lanes))
        actors = max(1, min(len(rows), most))
        plan = plan.map(
            LaneActor if number < len(lanes) else LastLaneActor,
            fn_constructor_args=(job, lane.positions, board, actors),
            # Without a GPU of a fixed size: left to itself, Ray Data holds back a second actor on two CPUs.
            compute=ray.data.ActorPoolStrategy(min_size=1 if gpus else actors, max_size=actors),
            # Fractions, because all pools hold their actors at once: pools that together want more CPUs than
            # there are would wait for each other for ever. The rest is for what Ray Data does between them.
            num_cpus=min(lane.needs.cpus, have.get("CPU", 1.0) / len(lanes) / actors) * 0.9,
            num_gpus=gpus or None,
            memory=lane.needs.memory_gib * 2**30 if gpus else None,
        )
    return plan


def _check_gpus(wanted: float, there: float) -> None:
    """All pools hold their first actor at once; raise `ModelLoadError` where they would wait for ever."""
    if wanted > there:
        raise ModelLoadError(
            f"the stages with a GPU ask for {wanted:g} GPUs together, and Ray has {there:g}: give each model "
            f"a smaller share (gpus=0.1 in its spec, see docs/models.md), or add GPUs"
        )


def _actors(needs: Resources, have: Mapping[str, float], lanes: int) -> int:
    """Actors of a lane without a GPU: as many as its share of the CPUs allows."""
    return max(1, int(have.get("CPU", 1.0) / lanes / needs.cpus))


DEATHS = 5
"""Workers that may die over one bucket in one lane. Ray gives it to another one for ever: a record that kills
every worker, by a crash in a decoder or by its size, would keep a run busy without end."""

ENDS = (CatalogError, StopRun)
"""What ends a run. It travels in the row: Ray hands on the traceback of what a worker raises, not the
error."""


class LaneActor:
    """An actor that runs the stages of one lane; models are loaded once, at first use."""

    def __init__(self, job: Job, lane: range, board: Any, actors: int) -> None:
        self._job = job
        self._lane = lane
        CLIENTS.share = actors  # each of them is a process that calls
        import ray

        self._flow = job.flow(posting(ray, board))
        self._begun: Callable[[str], int] = lambda work: ray.get(board.begun.remote(work))
        calls = any(stage.slots() for stage in job.graph.stages)
        self._calling: Callable[[], AbstractContextManager[None]]
        self._calling = Caller(ray, board).calling if calls else nullcontext

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        if row["stopped"]:
            return row
        try:
            self._job.check_code()
            bucket = Bucket.from_row(row)
            self._must_not_kill(bucket)
            with self._calling():
                self._flow.execute(bucket, self._lane)
        except ENDS as error:
            return {**row, "stopped": pickle.dumps(error)}
        return row

    def _must_not_kill(self, bucket: Bucket) -> None:
        if self._begun(f"{bucket.label} {self._lane.start}") > DEATHS:
            raise StopRun(
                f"{DEATHS} workers died over {bucket.label}: a record kills whoever works on it, or memory "
                "is short; what was finished is kept. At which stage shows "
                f"`--domain {bucket.domain} --runner local`"
            )


class LastLaneActor(LaneActor):
    """Writes what a finished bucket leaves behind, too. A task for that would be a process for nearly every
    bucket, which begins with three seconds of imports."""

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        row = super().__call__(row)
        if row["stopped"]:
            return {"report": b"", "stopped": row["stopped"]}
        try:
            report = self._job.finish(Bucket.from_row(row))
        except ENDS as error:
            return {"report": b"", "stopped": pickle.dumps(error)}
        return {"report": msgspec.json.encode(report), "stopped": b""}
