"""What a source is: an encyclopedia to harvest, a text search and a picture search over the same world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from catalogs.records import Entity, EntityRef, Language, Origin, Passage
from catalogs.stage import Worker
from workers.tools import ImageSearch, PageReader, TextSearch


class Unusable(Exception):  # noqa: N818 - a verdict on an entity, not a fault of the program
    """An entity that a source lists but cannot describe; becomes a rejection with this reason.

    `reason` is a short slug to count by (``disambiguation``, ``list-article``), `detail` says it in words.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class GroundTruth:
    """One picture that shows the entity: encoded bytes, where they come from, and a caption."""

    data: bytes
    origin: Origin
    caption: str = ""


@dataclass(frozen=True)
class Harvested:
    """What a source knows of one entity. `pictures` are ground truth, best first; there may be none."""

    entity: Entity
    pictures: tuple[GroundTruth, ...]


class Encyclopedia(Worker, Protocol):
    """Entities with their articles and ground-truth pictures.

    `revision` changes with the content, not with the place where it is stored: it enters fingerprints.
    """

    @property
    def languages(self) -> tuple[Language, ...]:
        """ISO 639-1 codes of the languages that articles are in."""
        ...

    def survey(self) -> Iterator[EntityRef]:
        """All entities in a fixed order, those that `harvest` will refuse included.

        Decodes no picture. An entity that no category fits has the domain ``uncategorised``.
        """
        ...

    def harvest(self, ref: EntityRef) -> Harvested:
        """Everything about one entity that was surveyed; raises `Unusable`."""
        ...

    def documents(self, language: Language) -> Iterator[Passage]:
        """Every article of one language in a fixed order, for the text index."""
        ...


@runtime_checkable
class Choosy(Protocol):
    """An encyclopedia that knows, without fetching anything, what it surveyed and will refuse to describe."""

    def refusal(self, ref: EntityRef) -> Unusable | None:
        """Why `harvest` will raise; None where it is expected to go well."""
        ...


@runtime_checkable
class Redirecting(Protocol):
    """An encyclopedia that knows which other titles lead to the articles of an entity."""

    def redirect_ids(self, ref: EntityRef) -> Iterable[str]:
        """The ids that those titles would have as entities of their own (`catalogs.digests.entity_id`)."""
        ...


def redirect_ids(encyclopedia: Encyclopedia, ref: EntityRef) -> Iterable[str]:
    """Those of an encyclopedia that knows some."""
    return encyclopedia.redirect_ids(ref) if isinstance(encyclopedia, Redirecting) else ()


@dataclass(frozen=True)
class World:
    """A source, opened: what is harvested, and what the teacher may search."""

    name: str
    encyclopedia: Encyclopedia
    text_search: TextSearch
    image_search: ImageSearch
    reader: PageReader | None = None
    """Reads the pages behind passages, where the profile lets the teacher browse."""
    links: Worker | None = None
    """Which article links to which (`sources.entities.links`), for multi-hop prompts."""


@dataclass(frozen=True)
class Opened:
    """A source that can be surveyed and harvested; its search is made when it is asked for, because that may
    index all that the source holds."""

    name: str
    encyclopedia: Encyclopedia
    text_search: Callable[[], TextSearch]
    image_search: Callable[[], ImageSearch]

    def world(self) -> World:
        return World(self.name, self.encyclopedia, self.text_search(), self.image_search())
