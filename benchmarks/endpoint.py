"""`make bench CASE=endpoint`: how busy a teacher's slots are kept, how many trajectories a second come out.

A trajectory is: gap, text query, reading, picture query, five pictures fetched and judged one by one, two
references, a recaption, one drawing, one proof. Eleven chats, two searches, five fetches, one drawing. All go
over HTTP to a server with fixed latencies, in a process of its own that shares the cores with the client.

- `slots`: the server takes 32 chats at once. How many of its slots are busy in the middle 80 % of the run.
- `unbounded`: it takes any number. How many trajectories a second, from the first call to the last.
- `one at a time`, the baseline: one call in flight, as the released pipeline works.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import httpx
import msgspec

from annotators.gap import FindGap
from annotators.image_search import SearchImages
from annotators.prompts import WritePrompts
from annotators.recaption import WriteRecaption
from annotators.text_search import SearchText
from benchmarks.measure import measured, report
from catalogs.records import PictureScores, Verdict
from catalogs.stage import Blobs, Kept, Outcome, Row, Stage
from pipelines.engine.graph import Graph, Unfold
from tests.pipelines.endpoints import ChooseTwo, Known, bring_up, buckets_of
from verifiers.draw import DrawTests
from workers.chat.endpoint import ChatEndpoint, EndpointChat
from workers.chat.interface import ChatRequest, Message
from workers.chat.rules import RulesTeacher
from workers.drawing.images_api import ImagesApi, ImagesEndpoint
from workers.endpoint import Calls, Endpoint
from workers.search.serper import SerperImages, SerperText
from workers.search.settings import ImageSearchEndpoint, TextSearchEndpoint

SLOTS = 32
PROMPTS_AN_ENTITY = 4
WAITING = 16
"""Calls that the client sends beyond the server's slots. They wait at the server, so that a slot which falls
free has its next call at hand and does not wait for the client to wake up."""
ANY_NUMBER = 512
"""Slots of a client that is not to wait for its own."""
MIDDLE = 0.8

Latency = Mapping[str, float]
BOUNDED: Latency = {"chat": 0.5, "search": 0.1, "fetch": 0.05, "image": 1.0}
EVEN: Latency = dict.fromkeys(("chat", "search", "fetch", "image"), 0.2)


@dataclass(frozen=True)
class JudgeEach(Stage):
    """One chat a candidate."""

    name, version = "judge-each", "1"
    reads: ClassVar = ("image_trace",)
    writes: ClassVar = ("judge",)

    judge: EndpointChat

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        candidates = [[one.picture.sha256 for one in row["image_trace"].candidates] for row in rows]
        asked = [
            ChatRequest(
                task="judge",
                messages=(Message("user", f"Grade this picture of {row.key}.", (picture,)),),
                facts={},
            )
            for row, pictures in zip(rows, candidates, strict=True)
            for picture in pictures
        ]
        replies = iter(self.judge.complete(asked))
        return [
            Kept({"judge": [_scores(picture, next(replies).text) for picture in pictures]})
            for pictures in candidates
        ]


def _scores(picture: str, reply: str) -> PictureScores:
    grades = json.loads(reply)
    reason = grades.pop("reason")
    return PictureScores(sha256=picture, values=grades, notes={"reason": reason})


@dataclass(frozen=True)
class ProveByChat(Stage):
    """One chat a drawing, with the first reference beside it."""

    name, version = "prove-by-chat", "1"
    reads: ClassVar = ("references", "drawings")
    writes: ClassVar = ("verdict",)

    judge: EndpointChat

    def run(self, rows: Sequence[Row], blobs: Blobs) -> list[Outcome]:
        asked = [
            ChatRequest(
                task="prove",
                messages=(
                    Message(
                        "user",
                        f"Is the drawing of the same subject as the reference of {row.key}?",
                        (row["references"][0].candidate.picture.sha256, row["drawings"][0].picture.sha256),
                    ),
                ),
                facts={},
            )
            for row in rows
        ]
        return [
            Kept({"verdict": msgspec.json.decode(reply.text, type=Verdict)})
            for reply in self.judge.complete(asked)
        ]


def graph_over(address: str, out: Path, slots: int) -> Graph:
    calls = Calls(str(out / "calls"))
    chat = EndpointChat(
        ChatEndpoint(base_url=f"{address}/v1", model="teacher", slots=slots), calls, str(out / "blobs")
    )
    others = {"base_url": f"{address}/serper", "slots": min(slots * 2, ANY_NUMBER) if slots > 1 else 1}
    web = Endpoint(**(others | {"base_url": ""}), breaker=False)
    images = SerperImages(ImageSearchEndpoint(kind="serper", web=web, **others), calls)
    drawer = ImagesApi(
        ImagesEndpoint(model="brush", size="256x256", **(others | {"base_url": f"{address}/v1"})), calls
    )
    return Graph(
        [
            Known(),
            WritePrompts(RulesTeacher(), languages=("en", "es"), per_language=2),
            Unfold("prompts", into="prompt"),
            FindGap(chat),
            SearchText(chat, SerperText(TextSearchEndpoint(kind="serper", **others), calls), top_k=3),
            SearchImages(chat, images, num=5),
            JudgeEach(chat),
            ChooseTwo(),
            WriteRecaption(chat),
            DrawTests(drawer, seeds=(11,)),
            ProveByChat(chat),
        ]
    )


@contextmanager
def served(latency: Latency, slots: Mapping[str, int]) -> Iterator[str]:
    """A server in a process of its own; yields its address."""
    settings = json.dumps({"latency": latency, "slots": slots})
    command = [sys.executable, "-m", "tests.fakes", settings]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close() if process.stdin else None


def run(latency: Latency, prompts: int, *, in_flight: int, slots: int = 0) -> dict[str, Any]:
    """Make some trajectories; what came out, how fast, and how busy the server was.

    The client has `in_flight` chats on their way, of which the server works on `slots` at once; 0 for all.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        served(latency, {"chat": slots} if slots else {}) as address,
    ):
        out = Path(folder)
        buckets = buckets_of(-(-prompts // PROMPTS_AN_ENTITY), a_bucket=48)
        if in_flight == 1:
            buckets = [replace(bucket, refs=bucket.refs[:1]) for bucket in buckets[:1]]
        with measured() as measure:
            job = bring_up(graph_over(address, out, in_flight), buckets, out, "bench")
        flow = job.flow(lambda *_: None)
        made = sum(len(flow.plan(bucket).records) for bucket in buckets)
        spans = httpx.get(f"{address}/spans").json()
    first, last = min(begin for _, begin, _ in spans), max(end for _, _, end in spans)
    return {
        "trajectories": made,
        "calls": len(spans),
        "seconds": round(last - first, 2),
        "trajectories_per_second": round(made / (last - first), 2),
        "calls_per_second": round(len(spans) / (last - first), 1),
        "chats_in_flight_in_the_middle": round(_in_flight(spans, first, last), 2),
        "peak_mib": round(measure.peak_mib),
    }


def _in_flight(spans: Sequence[tuple[str, float, float]], first: float, last: float) -> float:
    """Chats that the server worked on at once, on average over the middle of the run."""
    margin = (last - first) * (1 - MIDDLE) / 2
    low, high = first + margin, last - margin
    busy = sum(max(0.0, min(end, high) - max(begin, low)) for kind, begin, end in spans if kind == "chat")
    return busy / (high - low)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=800)
    parser.add_argument("--unbounded-prompts", type=int, default=1200)
    given = parser.parse_args()

    bounded = run(BOUNDED, given.prompts, in_flight=SLOTS + WAITING, slots=SLOTS)
    bounded["busy"] = round(bounded["chats_in_flight_in_the_middle"] / SLOTS, 3)
    unbounded = run(EVEN, given.unbounded_prompts, in_flight=ANY_NUMBER)
    baseline = run(EVEN, PROMPTS_AN_ENTITY, in_flight=1)
    report("endpoint", {"slots": bounded, "unbounded": unbounded, "one at a time": baseline})
    whole = bounded["trajectories"] == given.prompts and unbounded["trajectories"] == given.unbounded_prompts
    return 0 if whole and bounded["busy"] >= 0.9 and unbounded["trajectories_per_second"] >= 10 else 1


if __name__ == "__main__":
    sys.exit(main())
