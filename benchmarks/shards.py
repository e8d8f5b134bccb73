"""Writing and reading shards, beside `webdataset.TarWriter` alone: ``make bench CASE=shards``.

Both write the same members to the same disk from memory. What Tracemill does besides, the rows, the Parquet
file and the hashes, is inside its time. Figures come with and without a flush to disk (fsync) at the end of
each file, for both alike; Tracemill's own use is always with.

Reading takes pictures by key in random order, with the sidecars in memory, and again by the address that the
catalog tells. The web server runs on this machine, in a process of its own.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest import mock

from webdataset import TarWriter

from benchmarks.measure import measured, report
from benchmarks.range_server import serving
from benchmarks.samples import samples
from catalogs.manifest import manifest_of, write_manifest
from catalogs.shard_set import ShardSet
from catalogs.shards import Sample, write_shard


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--shard", type=int, default=100, help="samples a shard")
    parser.add_argument("--picture", type=int, nargs="+", default=[15_000, 100_000], help="bytes a picture")
    parser.add_argument("--json", type=int, default=10_000, help="bytes a trajectory")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many counts")
    parser.add_argument("--reads", type=int, default=500)
    parser.add_argument(
        "--folder", type=Path, help="where to write; by default the folder for temporary files"
    )
    options = parser.parse_args()
    figures: dict[str, Any] = {"arguments": vars(options) | {"folder": str(options.folder or "")}}
    for size in options.picture:
        made = list(samples(options.samples, size, options.json))
        folder = Path(tempfile.mkdtemp(prefix="shards-", dir=options.folder))
        try:
            figures[f"{size} bytes a picture"] = {
                "writing": _writing(folder, made, options.shard, options.rounds),
                "reading": _reading(folder / "ours", made, options.reads),
            }
        finally:
            shutil.rmtree(folder)
    report("shards", figures)


def _writing(folder: Path, made: Sequence[Sample], shard: int, rounds: int) -> dict[str, Any]:
    """Best of some rounds, in turns, so that a busy disk meets both."""
    shards = _buckets(made, shard)
    megabytes = sum(len(data) for one in made for data in (one.trajectory, *one.pictures.values())) / 1e6
    result: dict[str, Any] = {"samples": len(made), "shards": len(shards), "megabytes": round(megabytes)}
    for label, flushing in (("with fsync", nullcontext), ("without fsync", _unflushed)):
        best = {"ours": float("inf"), "webdataset": float("inf")}
        for _ in range(rounds):
            for name, write in (("webdataset", _write_theirs), ("ours", _write_ours)):
                shutil.rmtree(folder / name, ignore_errors=True)
                (folder / name).mkdir()
                os.sync()
                with flushing(), measured() as taken:
                    write(folder / name, shards)
                best[name] = min(best[name], taken.seconds)
        result[label] = {
            "tracemill_seconds": round(best["ours"], 3),
            "webdataset_seconds": round(best["webdataset"], 3),
            "tracemill_mb_per_s": round(megabytes / best["ours"], 1),
            "webdataset_mb_per_s": round(megabytes / best["webdataset"], 1),
            "speed_ratio": round(best["webdataset"] / best["ours"], 2),
        }
    return result


def _buckets(made: Sequence[Sample], most: int) -> dict[str, list[Sample]]:
    """Samples by as many bits of their key as it takes to have `most` a bucket, more or less."""
    depth = max(0, math.ceil(math.log2(len(made) / most)))
    buckets: dict[str, list[Sample]] = {}
    for sample in made:
        bits = f"{int(sample.key[:16], 16):064b}"[:depth]
        buckets.setdefault(f"b{bits}", []).append(sample)
    return buckets


def _unflushed() -> AbstractContextManager[Any]:
    return mock.patch("os.fsync")


def _write_ours(folder: Path, shards: Mapping[str, Sequence[Sample]]) -> None:
    entries = [write_shard(folder / "shards", "toy", bucket, members) for bucket, members in shards.items()]
    write_manifest(folder, manifest_of(entries, "bench"))


def _write_theirs(folder: Path, shards: Mapping[str, Sequence[Sample]]) -> None:
    for bucket, members in shards.items():
        with (folder / f"toy-{bucket}.tar").open("wb") as file:
            with TarWriter(file, encoder=False, mtime=0) as writer:
                for sample in members:
                    pictures = {f"{role}.jpg": data for role, data in sample.pictures.items()}
                    writer.write({"__key__": sample.key, "json": sample.trajectory, **pictures})
            file.flush()
            os.fsync(file.fileno())


def _reading(folder: Path, made: Sequence[Sample], reads: int) -> dict[str, Any]:
    chance = random.Random(0)
    wanted = [(one, role) for one in made for role in one.pictures]
    chosen = [chance.choice(wanted) for _ in range(reads)]
    parent, child = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(folder, child), daemon=True)
    server.start()
    address = parent.recv()
    try:
        result = {}
        for where, root in (("disk", str(folder)), ("http", address)):
            shards = ShardSet(root)
            for sample in made:
                shards.row(sample.key)  # warm: every sidecar is in memory
            result[where] = _timed(shards, chosen)
        parent.send("how much?")
        served = parent.recv()
    finally:
        server.kill()
        server.join()
    result["http"]["bytes_of_tar_per_picture"] = round(served / len(chosen))
    return result


def _timed(shards: ShardSet, chosen: Sequence[tuple[Sample, str]]) -> dict[str, Any]:
    taken = []
    for sample, role in chosen:
        started = time.perf_counter()
        data = shards.picture(sample.key, role)
        taken.append((time.perf_counter() - started) * 1000)
        assert data == sample.pictures[role]
    ordered = sorted(taken)
    return {
        "median_ms": round(statistics.median(ordered), 3),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)], 3),
        "most_ms": round(ordered[-1], 3),
    }


def _serve(folder: Path, pipe: Connection) -> None:
    with serving(folder) as served:
        pipe.send(served.address)
        pipe.recv()
        pipe.send(served.bytes_of(".tar"))
        pipe.recv()


if __name__ == "__main__":
    main()
