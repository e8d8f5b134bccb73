"""`make soak`: runs on Ray that are killed at random moments, driver and workers alike, and started again.

    python -m tests.soak --kills 25 --seed 0

At the end the shards have to be those of a run that nobody disturbed, every record has to be there once, and
what the ledger held when a run was killed must not have been computed again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from pipelines.folder import OutputFolder
from tests.pipelines.slices import DOMAINS, LIMIT, bring_up, files_of

LONGEST = 300
"""Seconds after which a run counts as hung."""

Result = tuple[str, ...]


@dataclass
class Soaked:
    """What happened."""

    drivers: int = 0
    workers: int = 0
    finished: int = 0
    """Runs that came to their end before the moment drawn for them, or in spite of a killed worker."""
    repeated: list[Result] = field(default_factory=list)
    """Results that were there when a run was killed and were computed again."""
    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)


def soak(out: Path, kills: int, seed: int) -> Soaked:
    """Kill and go on until `kills` processes were killed; then let a run come to its end."""
    drawn = random.Random(seed)
    soaked = Soaked()
    known: dict[Result, str] = {}
    while soaked.drivers + soaked.workers < kills:
        running = _start(out)
        moment = _results(out) + drawn.randint(1, 12)
        worker = drawn.random() < 0.5
        if _wait(running, out, moment):
            victim = _worker(running) if worker else None
            if victim is not None:
                victim.kill()
                soaked.workers += 1
                _wait(running, out, sys.maxsize)
            else:
                _kill_all(running)
                soaked.drivers += 1
        if running.poll() == 0:
            soaked.finished += 1
            if soaked.drivers + soaked.workers < kills:
                _lose_a_stage(out, drawn, known)
        _remember(out, known, soaked)
    assert _wait(_start(out), out, sys.maxsize) is False
    _remember(out, known, soaked)
    return soaked


def _start(out: Path) -> subprocess.Popen[bytes]:
    domains = [word for domain in DOMAINS for word in ("--domain", domain)]
    arguments = ["run", "--runner", "ray", "--limit", str(LIMIT), "--out", str(out), *domains]
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def _results(out: Path) -> int:
    return sum(1 for _ in (out / "ledger").rglob("*.parquet"))


def _wait(running: subprocess.Popen[bytes], out: Path, results: int) -> bool:
    """True once the ledger holds so many files, False when the run has ended before."""
    started = time.monotonic()
    while running.poll() is None:
        if _results(out) >= results:
            return True
        if time.monotonic() - started > LONGEST:
            _kill_all(running)
            raise TimeoutError(f"a run made no end in {LONGEST} s with {_results(out)} results")
        time.sleep(0.05)
    return False


def _worker(running: subprocess.Popen[bytes]) -> psutil.Process | None:
    """The process of an actor that runs stages."""
    for child in psutil.Process(running.pid).children(recursive=True):
        try:
            if "MapWorker" in child.name() or any("MapWorker" in word for word in child.cmdline()):
                return child
        except psutil.Error:
            continue
    return None


def _kill_all(running: subprocess.Popen[bytes]) -> None:
    """The driver and whatever it started, as the out-of-memory killer or a closed terminal would."""
    family = [*psutil.Process(running.pid).children(recursive=True)]
    running.send_signal(signal.SIGKILL)
    running.wait()
    for process in family:
        try:
            process.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(family, timeout=30)


def _lose_a_stage(out: Path, drawn: random.Random, known: dict[Result, str]) -> None:
    """Give the next run something to do: the results of one stage are taken away."""
    stages = sorted({place[0] for place in OutputFolder(out).ledger.segments()} - {"harvest"})
    lost = drawn.choice(stages)
    for place in list(OutputFolder(out).ledger.segments()):
        if place[0] == lost:
            folder = out / "ledger" / place[0] / place[1] / place[2]
            for path in folder.glob(f"{place[3]}.*"):
                path.unlink()
    for result in [result for result in known if result[0] == lost]:
        del known[result]
    for table in (out / "current").glob("*.parquet"):
        table.unlink()


def _remember(out: Path, known: dict[Result, str], soaked: Soaked) -> None:
    """Which run made which result; one that changes hands was computed twice."""
    ledger = OutputFolder(out).ledger
    for place in ledger.segments():
        for entry in ledger.segment(*place).entries():
            result = (*place, entry.key, entry.inputs)
            if known.setdefault(result, entry.run) != entry.run:
                soaked.repeated.append(result)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    os.environ["RAY_BACKEND_LOG_LEVEL"] = "fatal"
    with tempfile.TemporaryDirectory() as folder:
        whole, out = Path(folder) / "whole", Path(folder) / "out"
        bring_up(whole, "local")
        soaked = soak(out, arguments.kills, arguments.seed)
        same = {part: files_of(out / part) == files_of(whole / part) for part in ("shards", "splits")}
        figures = {
            "killed_drivers": soaked.drivers,
            "killed_workers": soaked.workers,
            "runs_that_finished": soaked.finished,
            "results_computed_again": len(soaked.repeated),
            "same_shards": same["shards"],
            "same_splits": same["splits"],
        }
    print(json.dumps(figures, indent=2))
    sys.exit(0 if all(same.values()) and not soaked.repeated else 1)


if __name__ == "__main__":
    main()
