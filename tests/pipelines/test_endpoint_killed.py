"""A run with calls in flight that is killed between turns: what was finished is not asked again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catalogs.results import KEPT
from tests.fakes import Fake, serving
from tests.pipelines.endpoints import bring_up, buckets_of, graph_over
from tests.pipelines.test_endpoint import ends
from workers.endpoint import Call
from workers.endpoint.journal import Journal

ENTITIES = 2
CHILD = """
import sys
from pathlib import Path
from tests.pipelines.endpoints import bring_up, buckets_of, graph_over
out = Path(sys.argv[2])
bring_up(graph_over(sys.argv[1], out), buckets_of(int(sys.argv[3])), out, "killed")
"""


@pytest.mark.slow
def test_dialogues_that_are_killed_between_turns_go_on_from_their_last_finished_turn(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    finished = Journal(calls)
    children: list[subprocess.Popen[bytes]] = []
    asked = known = 0
    repeated: list[dict[str, Any]] = []

    def script(body: dict[str, Any]) -> None:
        """Kill who asks when its fourteenth question comes, and leave that question unanswered."""
        nonlocal asked
        asked += 1
        call = Call(kind="chat", path="chat/completions", model=body["model"], json=body)
        if finished.find(call.digest):
            repeated.append(body)
        if children and asked % 14 == 0 and children[-1].poll() is None:
            os.kill(children[-1].pid, signal.SIGKILL)
            raise ConnectionError

    with serving(Fake(script=script, latency={"chat": 0.02, "search": 0.01})) as fake:
        for _ in range(3):
            command = [sys.executable, "-c", CHILD, fake.address, str(tmp_path), str(ENTITIES)]
            children.append(subprocess.Popen(command))
            assert children[-1].wait(120) == -signal.SIGKILL
            finished = Journal(calls, read_only=True)
            assert len(finished) > known, "each life gets further"
            known = len(finished)
        children.clear()
        graph, buckets = graph_over(fake.address, tmp_path), buckets_of(ENTITIES)
        found = ends(bring_up(graph, buckets, tmp_path, "last"), buckets)

    assert {outcome for _, outcome, _, _ in found.values()} == {KEPT}
    assert not repeated
    journal = Journal(calls)
    assert journal.total.calls == len(journal)
