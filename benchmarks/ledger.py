"""`make bench CASE=ledger`: what the engine costs beyond the work of its stages.

Synthetic entities through six stages that do next to nothing, over the real graph, flow, ledger and tables:

- planning: looking through a finished output folder for something to do, in all domains and in one of twelve
  whose stage has changed; with a full look-up of every result as the worst case
- overhead: seconds a record and stage on Ray, beside plain Ray Data that maps the same functions over the
  same records and remembers nothing
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.measure import measured, report
from catalogs.categories import CATEGORIES
from catalogs.digests import entity_id
from catalogs.records import EntityRef, Reservation
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Resources, Row, Stage
from pipelines.engine.buckets import Bucket, partition
from pipelines.engine.emit import emit
from pipelines.engine.graph import Graph
from pipelines.engine.planning import pending_buckets
from pipelines.folder import OutputFolder, open_folder
from pipelines.runners import RUNNERS, Job

STAGES = 6
BUCKET_SIZE = 2000
"""Entities a bucket: what a profile for a million records would set."""

PROCESSES = 2
_fresh = get_context("spawn")


@dataclass(frozen=True)
class Pass(Stage):
    """Writes a reservation that names its place. The last one rejects, so that there is nothing to ship."""

    name, version = "pass", "1"
    reads = ("ref",)
    optional = ("reservation",)
    writes = ("reservation",)
    resources = Resources(cpus=0.5)

    last: bool = False
    word: str = "train"

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        if self.last:
            return Rejected("end")
        return Kept({"reservation": Reservation(split=f"{self.word}-{self.round}-{row.key}")})


def graph_of(changed: int = 0) -> Graph:
    """Six stages; `changed` is the one whose parameter is another one, 0 for none."""
    numbers = range(1, STAGES + 1)
    return Graph(
        [Pass(round=n, last=n == STAGES, word="other" if n == changed else "train") for n in numbers]
    )


def world(records: int) -> list[Bucket]:
    """Entities evenly over the twelve categories."""
    domains = list(CATEGORIES)
    refs = [
        EntityRef(entity_id=entity_id(f"e{n}"), domain=domains[n % len(domains)], title=f"e{n}", locator="")
        for n in range(records)
    ]
    return partition(refs, BUCKET_SIZE)


def job_of(out: Path, changed: int = 0) -> Job:
    return Job(graph_of(changed), out, "bench", ships=True)


def build(out: Path, buckets: Sequence[Bucket]) -> None:
    """Compute and emit some buckets."""
    job = job_of(out)
    flow = job.flow(lambda *_: None)
    for bucket in buckets:
        flow.execute(bucket, range(STAGES))
        emit(flow.plan(bucket), job.graph, OutputFolder(out), ships=True, run=job.run)


def fill(out: Path, records: int) -> float:
    """A finished output folder; seconds."""
    buckets = world(records)
    open_folder(out, create=True)
    started = time.perf_counter()
    with ProcessPoolExecutor(PROCESSES, mp_context=_fresh) as pool:
        list(pool.map(build, [out] * PROCESSES, [buckets[n::PROCESSES] for n in range(PROCESSES)]))
    return time.perf_counter() - started


def plan_idle(out: Path, records: int) -> dict[str, Any]:
    """Nothing to do anywhere."""
    with measured() as all_of_it:
        buckets = world(records)
        started = time.perf_counter()
        assert pending_buckets(job_of(out), buckets) == []
        planning = time.perf_counter() - started
    return {"seconds": round(planning, 2), "peak_mib": round(all_of_it.peak_mib), "buckets": len(buckets)}


def plan_stale(out: Path, records: int) -> dict[str, Any]:
    """The third stage has changed, and one domain of twelve is asked for."""
    with measured() as all_of_it:
        buckets = [bucket for bucket in world(records) if bucket.domain == CATEGORIES[0]]
        started = time.perf_counter()
        pending = pending_buckets(job_of(out, changed=3), buckets)
        planning = time.perf_counter() - started
    assert len(pending) == len(buckets)
    return {"seconds": round(planning, 2), "peak_mib": round(all_of_it.peak_mib), "buckets": len(buckets)}


def plan_by_lookup(out: Path, records: int) -> dict[str, Any]:
    """Every result of every stage is looked up, as after a change of the last stage in all domains."""
    with measured() as all_of_it:
        buckets = world(records)
        started = time.perf_counter()
        pending = pending_buckets(job_of(out, changed=STAGES), buckets)
        planning = time.perf_counter() - started
    assert len(pending) == len(buckets)
    return {"seconds": round(planning, 2), "peak_mib": round(all_of_it.peak_mib), "buckets": len(buckets)}


def alone(what: Callable[[Path, int], dict[str, Any]], out: Path, records: int) -> dict[str, Any]:
    """In a process of its own, so that its memory is its own."""
    with ProcessPoolExecutor(1, mp_context=_fresh) as pool:
        return pool.submit(what, out, records).result()


def curve(root: Path, sizes: Sequence[int]) -> list[dict[str, Any]]:
    points = []
    for records in sizes:
        out = root / f"{records}"
        filled = fill(out, records)
        points.append(
            {
                "records": records,
                "stages": STAGES,
                "filled_seconds": round(filled, 1),
                "nothing_to_do": alone(plan_idle, out, records),
                "one_domain_stale": alone(plan_stale, out, records),
                "all_looked_up": alone(plan_by_lookup, out, records),
            }
        )
        shutil.rmtree(out)
    return points


def on_ray(root: Path, records: int) -> dict[str, Any]:
    """The engine on Ray, then the same functions in plain Ray Data, on the same started cluster."""
    import ray

    buckets = world(records)
    out = root / "ray"
    open_folder(out, create=True)
    runner = RUNNERS["ray"]()
    warm = world(100)
    list(runner.run(job_of(root / "warm"), warm, lambda *_: None))
    started = time.perf_counter()
    list(runner.run(job_of(out), buckets, lambda *_: None))
    engine = time.perf_counter() - started
    plain = _plain_ray_data(ray, buckets)
    results = records * STAGES
    ray.shutdown()
    return {
        "records": records,
        "stages": STAGES,
        "engine_seconds": round(engine, 1),
        "engine_ms_a_record_and_stage": round(1000 * engine / results, 4),
        "plain_ray_data_seconds": round(plain, 1),
        "plain_ms_a_record_and_stage": round(1000 * plain / results, 4),
        "overhead_ms_a_record_and_stage": round(1000 * (engine - plain) / results, 4),
        "ratio_to_plain_ray_data": round(engine / plain, 2),
    }


def _plain_ray_data(ray: Any, buckets: Sequence[Bucket]) -> float:
    rows = [{"key": ref.entity_id, "split": ""} for bucket in buckets for ref in bucket.refs]

    def mark(batch: dict[str, Any], number: int) -> dict[str, Any]:
        batch["split"] = [f"train-{number}-{key}" for key in batch["key"]]
        return batch

    started = time.perf_counter()
    plan = ray.data.from_items(rows, override_num_blocks=len(buckets))
    for number in range(1, STAGES + 1):
        plan = plan.map_batches(mark, fn_kwargs={"number": number}, batch_size=BUCKET_SIZE, num_cpus=0.3)
    plan.materialize()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--overhead-records", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures: dict[str, Any] = {"planning": curve(Path(folder), arguments.sizes)}
        if arguments.overhead_records:
            (Path(folder) / "warm").mkdir()
            figures["overhead"] = on_ray(Path(folder), arguments.overhead_records)
    report("ledger", figures)


if __name__ == "__main__":
    main()
