"""A small world for the annotators: one entity, a text search, a picture search, teachers that misbehave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalogs.digests import entity_id, sha256
from catalogs.records import Entity, Hit, Name, Origin, Passage
from catalogs.stage import Row, Stage
from workers.chat.interface import ChatReply, ChatRequest
from workers.chat.rules import RulesTeacher
from workers.tools import FetchError, ImageHit

TIGER = (
    "The tiger is a large cat and a member of the genus Panthera native to Asia. "
    "It has a powerful, muscular body with a large head and paws, a long tail and orange fur with stripes."
)
TIGRE_FR = "Le Tigre est une espèce de mammifères carnivores de la famille des félidés du genre Panthera."
TIGRE_ES = "El tigre es una de las especies de la subfamilia de los panterinos que se encuentra en Asia."


def passage(title: str, language: str, text: str) -> Passage:
    return Passage(
        title=title, language=language, text=text, origin=Origin(url=f"pypi:articles/{language}/{title}")
    )


ARTICLES = (passage("Tiger", "en", TIGER), passage("Tigre", "fr", TIGRE_FR), passage("Tigre", "es", TIGRE_ES))


def entity(domain: str = "animal-plant") -> Entity:
    return Entity(
        entity_id=entity_id("wikipedia:en:Tiger"),
        title="Tiger",
        domain=domain,
        category_rule="table",
        names=[
            Name(language="en", title="Tiger", noun="a tiger", plural="tigers"),
            Name(language="fr", title="Tigre", noun="un tigre", plural="tigres", gender="m"),
            Name(language="es", title="Tigre", noun="un tigre", plural="tigres", gender="m"),
        ],
        articles=list(ARTICLES),
    )


@dataclass(frozen=True)
class Library:
    """A text search that finds articles of which the query names a word of the title."""

    articles: tuple[Passage, ...] = ARTICLES
    name: str = "library"
    revision: str = "1"

    def search(self, query: str, language: str, top_k: int) -> Sequence[Hit]:
        words = set(query.casefold().split())
        found = [
            one
            for one in self.articles
            if one.language == language
            and words & set(one.title.casefold().replace("(", "").replace(")", "").split())
        ]
        return [Hit(rank=n + 1, score=1.0, passage=one) for n, one in enumerate(found[:top_k])]


@dataclass(frozen=True)
class Web:
    """A picture search with `size` pictures; every third cannot be fetched."""

    size: int = 12
    title: str = "Tiger - pictures"
    name: str = "web"
    revision: str = "1"

    def search(self, query: str, language: str, num: int, exclude: frozenset[str]) -> Sequence[ImageHit]:
        addresses = [f"https://web.example/{n}.png" for n in range(self.size)]
        fresh = [address for address in addresses if address not in exclude][:num]
        return [
            ImageHit(
                rank=n + 1,
                title=self.title,
                image_url=address,
                page_url=address.replace(".png", ".html"),
                caption="A tiger.",
                origin=Origin(url=address, licence="CC-BY-SA-4.0"),
            )
            for n, address in enumerate(fresh)
        ]

    def fetch(self, image_url: str) -> bytes:
        if int(image_url.rsplit("/", 1)[1].removesuffix(".png")) % 3 == 2:
            raise FetchError("not-found", image_url)
        return f"<svg>{image_url}</svg>".encode()


class Shelf:
    """A blob store in memory."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        self.blobs[sha256(data)] = data
        return sha256(data)

    def get(self, sha256: str) -> bytes:
        return self.blobs[sha256]


@dataclass(frozen=True)
class Teacher:
    """The rule-based teacher, but for what `says` answers instead, given how often a task was asked."""

    says: Mapping[str, Callable[[ChatRequest, int], str | None]] = field(default_factory=dict)
    name: str = "scripted"
    revision: str = "1"
    heard: list[ChatRequest] = field(default_factory=list)

    def complete(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        return [ChatReply(text=self._answer(request)) for request in requests]

    def _answer(self, request: ChatRequest) -> str:
        number = sum(heard.task == request.task for heard in self.heard)
        self.heard.append(request)
        script = self.says.get(request.task)
        answer = script(request, number) if script else None
        return RulesTeacher().complete([request])[0].text if answer is None else answer


def always(text: str) -> Callable[[ChatRequest, int], str | None]:
    return lambda request, number: text


def first(text: str) -> Callable[[ChatRequest, int], str | None]:
    """This the first time, what the rules say from then on."""
    return lambda request, number: text if number == 0 else None


def run(stage: Stage, cells: Mapping[str, Any], blobs: Shelf | None = None) -> Any:
    """The one outcome of a stage for a row of these cells."""
    return stage.run([Row("key", cells)], blobs or Shelf())[0]


def call(query: str, tool: str = "text_search") -> str:
    return f'<tool_call>{{"name": "{tool}", "arguments": {{"q": "{query}", "hl": "en"}}}}</tool_call>'
