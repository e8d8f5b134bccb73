"""The real graph over HTTP, from the command line: interrupted with calls in flight, finished, replayed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fakes import Fake, serving
from tests.pipelines.slices import begun, files_of
from workers.endpoint.journal import Journal

DOMAINS = ("toy", "mascot")


def start(fake: Fake, out: Path, runner: str, *more: str) -> subprocess.Popen[str]:
    domains = [word for domain in DOMAINS for word in ("--domain", domain)]
    chat = ["--set", f"chat.base_url={fake.address}/v1"]
    arguments = [
        "run",
        "--profile",
        "endpoint",
        "--runner",
        runner,
        "--limit",
        "1",
        "--set",
        "gallery=0",
        *domains,
        *chat,
        *more,
    ]
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments, "--out", str(out)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=_listen_to_interrupts
    )


def _listen_to_interrupts() -> None:
    """Tests that run in the background hand down a disposition in which Ctrl-C is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finished(running: subprocess.Popen[str]) -> None:
    said, _ = running.communicate(timeout=600)
    assert running.returncode == 0, said


def answered(fake: Fake) -> int:
    """Chats that the server has answered, and would be paid for."""
    return sum(kind == "chat" for kind, _, _ in fake.spans)


def interrupted(fake: Fake, out: Path, runner: str) -> None:
    """A run that is told to stop with calls in flight, once some were answered."""
    before = answered(fake)
    running = start(fake, out, runner)
    while not fake.calls["chat"] > answered(fake) >= before + 4 and running.poll() is None:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=120)
    assert running.returncode == 130, said
    assert "everything finished is kept" in " ".join(said.split())
    assert len(Journal(out / "calls")) == answered(fake) > before + 4, "what was in flight was awaited"
    assert not (out / "manifest.json").exists(), "and nothing more was begun"
    assert not list((out / "locks").glob("*.lock"))


@pytest.mark.slow
def test_interrupts_with_calls_in_flight_lose_none_and_a_replay_writes_the_same(
    indexed: Path, tmp_path: Path
) -> None:
    """One folder, taken up by one runner after the other: what each has finished the next does not ask."""
    out, replayed = (begun(tmp_path / name, indexed) for name in ("out", "replayed"))
    with serving(Fake(latency={"chat": 0.3})) as fake:
        for runner in ("local", "ray"):
            interrupted(fake, out, runner)
        finished(start(fake, out, "local"))
        journal = Journal(out / "calls")
        assert journal.total.calls == len(journal) == answered(fake)
    finished(start(fake, replayed, "local", "--replay", str(out / "calls")))
    assert files_of(replayed / "shards") == files_of(out / "shards") != {}
