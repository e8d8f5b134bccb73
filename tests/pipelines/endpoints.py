"""A graph whose every model and search is behind HTTP, over made-up entities; it needs no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from annotators.gap import FindGap
from annotators.image_search import SearchImages
from annotators.prompts import WritePrompts
from annotators.recaption import WriteRecaption
from annotators.text_search import SearchText
from catalogs.digests import entity_id
from catalogs.records import (
    Decision,
    Entity,
    EntityRef,
    Name,
    Origin,
    Passage,
    Reference,
    Selection,
)
from catalogs.stage import Blobs, Kept, Outcome, Rejected, Row, Stage
from pipelines.engine.buckets import Bucket, partition
from pipelines.engine.graph import Graph, Unfold
from pipelines.runners import Job, LocalRunner
from tests.fakes import Fake
from verifiers.draw import DrawTests
from workers.chat.endpoint import ChatEndpoint, EndpointChat
from workers.chat.rules import RulesTeacher
from workers.drawing.images_api import ImagesApi, ImagesEndpoint
from workers.endpoint import CLIENTS, Calls, Clients, Endpoint
from workers.endpoint.journal import journal_of
from workers.search.reader import Reader
from workers.search.serper import SerperImages, SerperText
from workers.search.settings import ImageSearchEndpoint, ReaderEndpoint, TextSearchEndpoint


@dataclass(frozen=True)
class Known(Stage):
    """Entities with a name in two languages."""

    name, version = "known", "1"
    reads: ClassVar = ("ref",)
    writes: ClassVar = ("entity",)

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        ref: EntityRef = row["ref"]
        origin = Origin(url=f"https://example.org/{ref.title}")
        return Kept(
            {
                "entity": Entity(
                    entity_id=ref.entity_id,
                    title=ref.title,
                    domain=ref.domain,
                    category_rule="given",
                    names=[
                        Name(language="en", title=ref.title, noun=f"a {ref.title}"),
                        Name(language="es", title=ref.title, noun=f"un {ref.title}", gender="m"),
                    ],
                    articles=[Passage(title=ref.title, language="en", text="A thing.", origin=origin)],
                )
            }
        )


@dataclass(frozen=True)
class ChooseTwo(Stage):
    """The first two candidates that are pictures become the references."""

    name, version = "choose-two", "1"
    reads: ClassVar = ("image_trace",)
    writes: ClassVar = ("references", "selection")

    def each(self, row: Row, blobs: Blobs) -> Outcome:
        found = [one for one in row["image_trace"].candidates if one.picture.media_type == "image/png"][:2]
        if len(found) < 2:
            return Rejected("too-few-references", f"{len(found)} of 2")
        references = [
            Reference(label=f"image_{number}", candidate=one, judgement={}, description="red")
            for number, one in enumerate(found, start=1)
        ]
        decisions = [
            Decision(sha256=one.picture.sha256, kept=True, reason="kept", rank_score=1.0) for one in found
        ]
        return Kept(
            {"references": references, "selection": Selection(references=references, decisions=decisions)}
        )


HANGING = 1.5
"""Seconds until an answer must be whole, where the server leaves some out. Elsewhere it is 30: a machine that
is slow because of other work must not look like a fault."""


def graph_over(
    address: str, out: Path, tries: int = 6, breaker: bool = True, timeout: float = 30.0, **calls: Any
) -> Graph:
    """Two prompts a language and entity, then everything over HTTP at one address."""
    kept = Calls(str(calls.pop("folder", out / "calls")), **calls)
    limits: dict[str, Any] = {"timeout": timeout, "tries": tries, "slots": 24, "breaker": breaker}
    chat = EndpointChat(
        ChatEndpoint(base_url=f"{address}/v1", model="teacher", price_in=1.0, price_out=2.0, **limits),
        kept,
        str(out / "blobs"),
    )
    text = SerperText(
        TextSearchEndpoint(kind="serper", base_url=f"{address}/serper", **limits),
        kept,
        Reader(ReaderEndpoint(kind="jina", base_url=f"{address}/jina/", **limits), kept),
    )
    web = Endpoint(base_url="", timeout=timeout, tries=6, slots=24, breaker=False)
    images = SerperImages(
        ImageSearchEndpoint(kind="serper", base_url=f"{address}/serper", web=web, **limits), kept
    )
    drawer = ImagesApi(
        ImagesEndpoint(base_url=f"{address}/v1", model="brush", size="256x256", **limits), kept
    )
    return Graph(
        [
            Known(),
            WritePrompts(RulesTeacher(), languages=("en", "es"), per_language=2),
            Unfold("prompts", into="prompt"),
            FindGap(chat),
            SearchText(chat, text),
            SearchImages(chat, images, num=5),
            ChooseTwo(),
            WriteRecaption(chat),
            DrawTests(drawer, seeds=(11,)),
        ]
    )


def buckets_of(entities: int, a_bucket: int = 14) -> list[Bucket]:
    titles = [f"zorb{number}" for number in range(entities)]
    return partition(
        [EntityRef(entity_id=entity_id(title), domain="toy", title=title, locator=title) for title in titles],
        a_bucket,
    )


def forget_clients() -> None:
    """Nothing is left of earlier clients and journals but their files."""
    journal_of.cache_clear()
    CLIENTS.__dict__.update(Clients().__dict__)


def bring_up(graph: Graph, buckets: Sequence[Bucket], out: Path, run: str) -> Job:
    """Run as a process of its own would."""
    forget_clients()
    job = Job(graph, out, run, ships=False)
    list(LocalRunner().run(job, buckets, lambda *_: None))
    return job


def served(
    fake: Fake, out: Path, entities: int, run: str = "first", **calls: Any
) -> tuple[Job, list[Bucket]]:
    buckets = buckets_of(entities)
    return bring_up(graph_over(fake.address, out, **calls), buckets, out, run), buckets
