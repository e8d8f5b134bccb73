"""The engine: nothing is computed twice, nothing vanishes, one bad record fails alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

import pipelines.engine.flow
import pipelines.engine.walk
from catalogs.blobs import BlobStore
from catalogs.digests import entity_id
from catalogs.errors import StorageError
from catalogs.failures import TRIES
from catalogs.ledger import Ledger, Segment
from catalogs.records import EntityRef, Reservation
from catalogs.stage import StopRun
from catalogs.tombstones import Tombstones
from pipelines.engine.buckets import Bucket
from pipelines.engine.flow import BATCH, Flow
from pipelines.engine.graph import Graph, GraphError, Unfold
from pipelines.engine.walk import Walk
from tests.pipelines.stages import CALLS, Ask, Greedy, Mark, OnGpu, Quote, WriteTwo


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    CALLS.clear()


def bucket(*titles: str) -> Bucket:
    refs = [EntityRef(entity_id=entity_id(t), domain="food", title=t, locator=t) for t in titles]
    return Bucket("food", "b", tuple(refs))


def graph(word: str = "train") -> Graph:
    return Graph([Mark(word=word), WriteTwo(), Unfold("prompts", into="prompt"), Ask(), Ask(round=2)])


def run(root: Path, over: Graph, what: Bucket, run: str = "r1", **options: Any) -> Walk:
    flow = Flow(over, Ledger(root / "ledger"), BlobStore(root / "blobs"), run, lambda *_: None, **options)
    for lane in over.lanes():
        flow.execute(what, lane.positions)
    return flow.plan(what)


def outcomes(walk: Walk, stage: str) -> Counter[str]:
    return Counter(step.entry.outcome for step in walk.steps if step.stage == stage)


def test_everything_that_enters_is_kept_rejected_or_failed(tmp_path: Path) -> None:
    walk = run(tmp_path, graph(), bucket("soup", "bad soup", "no soup", "bread"))
    assert outcomes(walk, "mark") == {"kept": 2, "failed": 1, "rejected": 1}
    assert outcomes(walk, "ask") == {"kept": 4}
    assert outcomes(walk, "ask-2") == {"kept": 2, "passed": 2}
    assert not walk.missing
    failed = next(step.entry for step in walk.steps if step.entry.outcome == "failed")
    assert (failed.reason, failed.detail) == ("ValueError", "cannot mark bad soup")


def test_a_record_that_a_stage_cannot_even_look_at_fails_alone(tmp_path: Path) -> None:
    walk = run(tmp_path, graph(), bucket("soup", "odd soup"))
    assert outcomes(walk, "ask") == {"kept": 2, "failed": 2}
    assert {step.entry.reason for step in walk.steps if step.entry.outcome == "failed"} == {"LookupError"}


def test_a_document_that_is_none_any_more_fails_its_record_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = Graph([Mark(), WriteTwo()])
    flow = Flow(over, Ledger(tmp_path / "ledger"), BlobStore(tmp_path / "blobs"), "r1", lambda *_: None)
    flow.execute(bucket("soup", "bread"), range(0, 1))
    decoder = msgspec.json.Decoder(Reservation)

    class Stricter:
        """Of a record that has another field since, which the first document lacks."""

        def decode(self, text: bytes) -> Any:
            seen.append(text)
            if len(seen) == 1:
                raise msgspec.ValidationError("Object missing required field `kind`")
            return decoder.decode(text)

    seen: list[bytes] = []
    monkeypatch.setitem(pipelines.engine.walk.DECODERS, "reservation", Stricter())
    walk = flow.execute(bucket("soup", "bread"), range(1, 2))
    assert outcomes(walk, "write-two") == {"kept": 1, "failed": 1}


def test_second_run_calls_no_stage(tmp_path: Path) -> None:
    run(tmp_path, graph(), bucket("soup", "no soup"))
    CALLS.clear()
    walk = run(tmp_path, graph(), bucket("soup", "no soup"), run="r2")
    assert not CALLS
    assert outcomes(walk, "mark") == {"kept": 1, "rejected": 1}


def test_new_records_alone_are_computed(tmp_path: Path) -> None:
    run(tmp_path, graph(), bucket("soup"))
    CALLS.clear()
    run(tmp_path, graph(), bucket("soup", "bread"))
    assert CALLS["mark"] == 1


def test_changed_parameter_recomputes_what_depends_on_it(tmp_path: Path) -> None:
    run(tmp_path, graph("train"), bucket("soup"))
    CALLS.clear()
    run(tmp_path, graph("bench"), bucket("soup"))
    assert CALLS == {"mark": 1, "write-two": 1, "ask": 2, "ask-2": 1}


def test_unchanged_output_stops_the_wave(tmp_path: Path) -> None:
    run(tmp_path, graph("train-one"), bucket("soup"))
    CALLS.clear()
    run(tmp_path, graph("train-two"), bucket("soup"))
    assert CALLS == {"mark": 1}, "both words are cut to the same split"


def test_going_back_is_free(tmp_path: Path) -> None:
    run(tmp_path, graph("train"), bucket("soup"))
    run(tmp_path, graph("bench"), bucket("soup"))
    CALLS.clear()
    run(tmp_path, graph("train"), bucket("soup"))
    assert not CALLS


@pytest.mark.parametrize(
    ("title", "error", "tries"), [("bad soup", "ValueError", 1), ("late soup", "TimeoutError", TRIES)]
)
def test_failed_records_are_tried_again_as_their_error_deserves_and_then_rest(
    tmp_path: Path, title: str, error: str, tries: int
) -> None:
    for number in range(TRIES + 2):
        walk = run(tmp_path, graph(), bucket(title, "soup"), run=f"r{number}")
    assert CALLS["mark"] == 1 + tries + 1, "one good call; the bad one in a batch of two, then alone"
    failed = [step.entry for step in walk.steps if step.entry.outcome == "failed"]
    assert [(entry.reason, entry.attempts) for entry in failed] == [(error, tries)]


def test_retry_takes_up_what_rests(tmp_path: Path) -> None:
    run(tmp_path, graph(), bucket("bad soup"), run="r1")
    run(tmp_path, graph(), bucket("bad soup"), run="r2")
    assert CALLS["mark"] == 1
    walk = run(tmp_path, graph(), bucket("bad soup"), run="r3", retry=True)
    assert CALLS["mark"] == 2
    assert walk.steps[0].entry.attempts == 2


def test_what_was_forgotten_is_rejected_wherever_it_comes_up(tmp_path: Path) -> None:
    stones = Tombstones(entities=frozenset({entity_id("soup")}))
    walk = run(tmp_path, Graph([Quote()]), bucket("soup", "bread"), stones=stones)
    soup = next(step.entry for step in walk.steps if step.record.key == entity_id("soup"))
    assert (soup.outcome, soup.reason, soup.digests) == ("rejected", "forgotten", {})
    assert outcomes(walk, "quote") == {"kept": 1, "rejected": 1}


def test_a_disk_that_a_library_finds_full_is_no_fault_of_a_record(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"mark cannot write .*No space left .*/tmp/scratch"):
        run(tmp_path, graph(), bucket("soup", "full soup"))


def test_what_no_record_is_to_blame_for_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(StopRun, match="spent"):
        run(tmp_path, graph(), bucket("soup", "poor soup"))


class Slow(Ledger):
    """Shows what another node has written after a while, as a client of NFS does."""

    looks = 0

    def segment(self, *place: str) -> Segment:
        self.looks -= 1
        return Segment(self.root / "elsewhere", "b") if self.looks >= 0 else super().segment(*place)


def test_what_another_node_computed_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines.engine.flow, "_LOOKS", 0.0)
    flow = Flow(graph(), ledger := Slow(tmp_path / "ledger"), BlobStore(tmp_path), "r1", lambda *_: None)
    flow.execute(bucket("soup"), range(3))
    ledger.looks = 3
    flow.execute(bucket("soup"), range(3, 5))
    assert CALLS["mark"] == 1
    assert CALLS["ask"] == 2
    assert not flow.finished(bucket("soup")).missing
    monkeypatch.setattr(pipelines.engine.flow, "LAG", 0.0)
    ledger.looks = 1000
    with pytest.raises(StopRun, match=r"results of mark for food-b were computed .* lookupcache=positive"):
        flow.finished(bucket("soup"))


def test_interrupt_keeps_the_batches_that_were_finished(tmp_path: Path) -> None:
    titles = sorted((f"soup {n}" for n in range(BATCH)), key=entity_id)
    whole = Bucket(
        "food", "b", tuple(r for t in [*titles, "stop"] for r in bucket(t).refs)
    )  # the last one is in a batch of its own
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, graph(), whole)
    CALLS.clear()
    run(tmp_path, graph(), bucket(*titles))
    assert CALLS["mark"] == 0


def test_local_results_do_not_depend_on_the_order_of_records(tmp_path: Path) -> None:
    one = run(tmp_path / "1", graph(), bucket("soup", "bread"))
    other = run(tmp_path / "2", graph(), bucket("bread", "soup"))
    digests = [{(s.stage, s.record.key): s.entry.digests for s in walk.steps} for walk in (one, other)]
    assert digests[0] == digests[1]


def test_undeclared_column_is_a_failure_and_never_rests(tmp_path: Path) -> None:
    walk = run(tmp_path, Graph([Greedy()]), bucket("soup"))
    assert outcomes(walk, "greedy") == {"failed": 1}
    assert "declares" in walk.steps[0].entry.detail


def test_graph_names_the_stage_that_does_not_fit() -> None:
    with pytest.raises(GraphError, match="write-two reads"):
        Graph([WriteTwo()])
    with pytest.raises(GraphError, match="labelled mark"):
        Graph([Mark(), Mark()])


def test_lanes_split_where_a_gpu_is_needed_and_unfolding_joins_what_stands_before_it() -> None:
    over = Graph([Mark(), WriteTwo(), Unfold("prompts", into="prompt"), OnGpu(), Ask(round=2)])
    assert [lane.positions for lane in over.lanes()] == [range(0, 3), range(3, 4), range(4, 5)]
    assert [lane.needs.gpus for lane in over.lanes()] == [0.0, 0.5, 0.0]
