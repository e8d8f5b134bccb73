"""`make bench CASE=fetch`: pictures a second, fetched, hashed, sniffed, resized and written to shards.

- `bulk`: `sources.fetching.bulk` with safety, robots.txt, opt-outs and the log of addresses.
- `img2dataset`, the baseline: the same addresses of the same server, hashed, resized and written as it does
  by default, in an environment of its own below ``build/``, because it pins what this project has newer.

Both work with two processes and as many connections, and resize to a shorter side of 256 pixels at JPEG
quality 95. They take turns, because a machine is seldom still; what counts is the best round of each. Time
runs from the call to the last shard: starting processes is in it, importing what the caller imports is not.
`steady` leaves that start out, by what a short list takes of each: it is what a list of any length comes to.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.measure import measured, report
from benchmarks.picture_server import HOSTS, LATENCY, serving
from sources.fetching.bulk import fetch_to_shards
from sources.fetching.settings import FetchSettings

PROCESSES = 2
SIDE = 256
SHORT = 64
"""Pictures of the list that tells how long a start takes."""
ENVIRONMENT = Path("build") / "img2dataset-venv"
REQUIREMENT = "img2dataset==1.47.0"

CALL = """
import json, sys, time
from img2dataset import download
given = json.loads(sys.argv[1])
began = time.perf_counter()
download(**given)
print("seconds", time.perf_counter() - began)
"""


def bulk(urls: list[str], connections: int) -> dict[str, Any]:
    settings = FetchSettings(
        allowed_hosts=HOSTS,
        connections=connections // PROCESSES,
        per_host=connections,  # what the server stands: the baseline has no limits of hosts
        contact="benchmark",
    )
    with tempfile.TemporaryDirectory() as folder:
        before = processor_seconds()
        with measured() as measure:
            counts = fetch_to_shards(urls, Path(folder), settings, side=SIDE, processes=PROCESSES)
        shards = len(list(Path(folder).glob("*.tar")))
    return {
        "seconds": round(measure.seconds, 2),
        "pictures_per_second": round(len(urls) / measure.seconds, 1),
        "processor_ms_per_picture": round(1000 * (processor_seconds() - before) / len(urls), 2),
        "peak_mib": round(measure.peak_mib),
        "outcomes": dict(counts),
        "shards": shards,
    }


def environment() -> Path:
    """The interpreter that has img2dataset; made the first time."""
    python = ENVIRONMENT / "bin" / "python"
    if not (ENVIRONMENT / "ready").exists():
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", REQUIREMENT], check=True)
        (ENVIRONMENT / "ready").touch()
    return python


def img2dataset(urls: list[str], connections: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        listed, out = Path(folder) / "urls.txt", Path(folder) / "out"
        listed.write_text("\n".join(urls))
        arguments = {
            "url_list": str(listed),
            "output_folder": str(out),
            "output_format": "webdataset",
            "processes_count": PROCESSES,
            "thread_count": connections // PROCESSES,
            "image_size": SIDE,
            # It deals whole shards out to processes: at its own 10,000 one of the two would stand idle.
            "number_sample_per_shard": min(1000, -(-len(urls) // PROCESSES)),
        }
        command = [environment(), "-c", CALL, msgspec.json.encode(arguments).decode()]
        before = processor_seconds()
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        seconds = float(said.rpartition("seconds ")[2])
        outcomes: Counter[str] = Counter()
        for path in out.glob("*_stats.json"):
            outcomes.update(msgspec.json.decode(path.read_bytes())["status_dict"])
    return {
        "seconds": round(seconds, 2),
        "pictures_per_second": round(len(urls) / seconds, 1),
        "processor_ms_per_picture": round(1000 * (processor_seconds() - before) / len(urls), 2),
        "outcomes": dict(outcomes),
    }


def processor_seconds() -> float:
    """Of all processes that were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=8000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    environment()
    cases = {"bulk": bulk, "img2dataset": img2dataset}
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in cases}
    starts: dict[str, float] = {}
    with serving() as port:
        urls = [f"http://{HOSTS[n % len(HOSTS)]}:{port}/{n}.jpg" for n in range(given.pictures)]
        for name, work in cases.items():
            starts[name] = work(urls[:SHORT], given.connections)["seconds"]
        for _ in range(given.rounds):
            for name, work in cases.items():
                rounds[name].append(work(urls, given.connections))
                print(name, rounds[name][-1], file=sys.stderr, flush=True)
    best = {name: min(one["seconds"] for one in found) for name, found in rounds.items()}
    rate = {name: round(given.pictures / seconds, 1) for name, seconds in best.items()}
    steady = {
        name: round((given.pictures - SHORT) / (seconds - starts[name]), 1) for name, seconds in best.items()
    }
    figures = {
        "pictures": given.pictures,
        "latency_ms": LATENCY * 1000,
        "connections": given.connections,
        "pictures_per_second": rate,
        "ratio": round(rate["bulk"] / rate["img2dataset"], 2),
        "seconds_to_start": starts,
        "steady": steady,
        "steady_ratio": round(steady["bulk"] / steady["img2dataset"], 2),
        "rounds": rounds,
    }
    report("fetch", figures)
    whole = (
        rounds["bulk"][0]["outcomes"].get("fetched"),
        rounds["img2dataset"][0]["outcomes"].get("success"),
    )
    return 0 if whole == (given.pictures, given.pictures) else 1


if __name__ == "__main__":
    sys.exit(main())
