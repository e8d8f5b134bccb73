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
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from pipelines.folder import OutputFolder
from tests.pipelines.slices import begun, bring_up, command_of, files_of

LONGEST = 300
"""Seconds after which a run counts as hung."""

MOST = 40
"""Files of the ledger (a run makes about a hundred) until the next kill, at most."""

Result = tuple[str, ...]


@dataclass
class Soaked:
    """What happened."""

    drivers: int = 0
    workers: int = 0
    folders: int = 0
    """Output folders that were brought to their end."""
    repeated: list[Result] = field(default_factory=list)
    """Results that were there when a run was killed and were computed again."""
    different: list[str] = field(default_factory=list)
    """Folders whose files are not those of a run that nobody disturbed."""

    @property
    def kills(self) -> int:
        return self.drivers + self.workers


def soak(root: Path, whole: Path, kills: int, seed: int) -> Soaked:
    """Bring folder after folder to its end, killing at random moments, until `kills` processes are dead."""
    drawn = random.Random(seed)
    soaked = Soaked()
    while soaked.kills < kills:
        out = begun(root / f"out-{soaked.folders}", whole / "index")
        _disturbed(out, drawn, kills, soaked)
        soaked.folders += 1
        for part in ("shards", "splits"):
            if files_of(out / part) != files_of(whole / part):
                soaked.different.append(f"{out.name}/{part}")
    return soaked


def _disturbed(out: Path, drawn: random.Random, kills: int, soaked: Soaked) -> None:
    """One folder from nothing to its end."""
    known: dict[Result, str] = {}
    running = _start(out)
    while True:
        moment = _results(out) + drawn.randint(1, MOST)
        if not _wait(running, out, moment if soaked.kills < kills else sys.maxsize):
            assert running.returncode == 0, f"a run ended with {running.returncode}"
            _remember(out, known, soaked)
            return
        victim = _worker(running) if drawn.random() < 0.5 else None
        if victim is not None:
            victim.kill()
            soaked.workers += 1
        else:
            _kill_all(running)
            soaked.drivers += 1
            _remember(out, known, soaked)
            running = _start(out)
        print(f"killed {soaked.drivers} drivers, {soaked.workers} workers", file=sys.stderr, flush=True)


def _start(out: Path) -> subprocess.Popen[bytes]:
    command = command_of(out, "ray")
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
        whole = Path(folder) / "whole"
        bring_up(whole, "local")
        soaked = soak(Path(folder), whole, arguments.kills, arguments.seed)
    figures = {
        "killed_drivers": soaked.drivers,
        "killed_workers": soaked.workers,
        "folders": soaked.folders,
        "results_computed_again": len(soaked.repeated),
        "folders_that_differ": soaked.different,
    }
    print(json.dumps(figures, indent=2))
    sys.exit(1 if soaked.different or soaked.repeated else 0)


if __name__ == "__main__":
    main()
