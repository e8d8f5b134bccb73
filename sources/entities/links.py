"""Which article links to which: a graph over the entities of a source, built once and asked backwards.

Kept as the entities in one file and arrays beside it that are read where they lie, so that a process holds
only what it looks at.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol, runtime_checkable

import msgspec
import numpy as np
import numpy.typing as npt

from catalogs.digests import digest
from catalogs.records import EntityRef, Passage
from sources.entities.identity import tokens_of
from sources.interface import Encyclopedia, redirect_ids
from sources.search.folder import published

CODE_VERSION = "2"
"""Raised whenever the same source gives another graph."""

HUB = 10_000
"""In-degree above which an entity is a hub: "United States" is linked from everywhere and leads nowhere
(OpenSearch-VL, data curation: nodes of in-degree above 10,000 are skipped)."""

_BATCH = 4_000_000
"""Links that are resolved together: the English Wikipedia has some hundred times as many."""
_HALF, _LOW = np.uint64(32), np.uint64(2**32 - 1)
"""An edge is one number, the target in its upper half: fewer than four thousand million articles."""

Numbers = npt.NDArray[np.int64]
Tokens = npt.NDArray[np.uint64]


@runtime_checkable
class LinkedEncyclopedia(Encyclopedia, Protocol):
    """A source whose articles link to one another."""

    def links(self, ref: EntityRef) -> Iterable[str]:
        """Ids (`catalogs.digests.entity_id`) of what the article links to, in the order in which it does."""
        ...

    def article(self, ref: EntityRef) -> Sequence[Passage]:
        """The article in pieces, in their order."""
        ...


@dataclass(frozen=True)
class LinkGraph:
    """The links of a source, in `folder`. Made by `build_links`."""

    folder: str
    content: str
    """Name and revision of the source."""

    @property
    def name(self) -> str:
        return "links"

    @property
    def revision(self) -> str:
        return _revision(self.content)

    def place(self, entity_id: str) -> int | None:
        """Number of an entity in the survey; None for one that is not in it."""
        return _opened(self.folder).place(entity_id)

    def incoming(self, place: int) -> list[int]:
        """Entities that link to it, in the order of the survey, each once."""
        return _opened(self.folder).incoming(place)

    def in_degree(self, place: int) -> int:
        return _opened(self.folder).in_degree(place)

    def ref(self, place: int) -> EntityRef:
        return _opened(self.folder).ref(place)


def build_links(root: Path, encyclopedia: LinkedEncyclopedia) -> LinkGraph:
    """The graph of a source under `root`, built unless it is there: reads every article once."""
    content = f"{encyclopedia.name}@{encyclopedia.revision}"

    def build(folder: Path, _previous: Path | None) -> str:
        starts, tokens, owners = array("q"), array("Q"), array("q")
        with (folder / "refs.jsonl").open("wb") as file:
            for place, ref in enumerate(encyclopedia.survey()):
                starts.append(file.tell())
                file.write(msgspec.json.encode(ref) + b"\n")
                for token in tokens_of(ref):
                    tokens.append(int(token, 16))
                    owners.append(place)
        for place, ref in enumerate(_refs(folder)):  # after all articles: a title of its own comes first
            for token in redirect_ids(encyclopedia, ref):
                tokens.append(int(token, 16))
                owners.append(place)
        order = np.argsort(_unsigned(tokens), kind="stable")
        known, owned = _unsigned(tokens)[order], _signed(owners)[order]
        edges = _edges(_links(folder, encyclopedia), known, owned)
        np.save(folder / "starts.npy", _signed(starts))
        np.save(folder / "tokens.npy", known)
        np.save(folder / "owners.npy", owned)
        np.save(folder / "sources.npy", (edges & _LOW).astype(np.uint32))
        in_degrees = np.bincount((edges >> _HALF).astype(np.int64), minlength=len(starts))
        np.save(folder / "ends.npy", np.cumsum(in_degrees, dtype=np.int64))
        return _revision(content)

    folder = root / f"links-{_revision(content)}"
    published(folder, f"links/{encyclopedia.name}", build)
    return LinkGraph(str(folder), content)


def _links(folder: Path, encyclopedia: LinkedEncyclopedia) -> Iterator[tuple[Numbers, Tokens]]:
    """(number of the article, token of what it links to) of every link, `_BATCH` of them at a time."""
    sources, targets = array("q"), array("Q")
    for place, ref in enumerate(_refs(folder)):
        for token in encyclopedia.links(ref):
            sources.append(place)
            targets.append(int(token, 16))
        if len(sources) >= _BATCH:
            yield _signed(sources), _unsigned(targets)
            sources, targets = array("q"), array("Q")
    yield _signed(sources), _unsigned(targets)


def _edges(links: Iterable[tuple[Numbers, Tokens]], known: Tokens, owned: Numbers) -> Tokens:
    """Target and source as halves of a number, sorted, each pair once; links to what is not surveyed, or to
    itself, are left out. 8 bytes a link, and twice that while they are sorted."""
    parts: list[Tokens] = [np.empty(0, dtype=np.uint64)]
    for sources, targets in links:
        if known.size:
            at = np.minimum(np.searchsorted(known, targets), len(known) - 1)
            own = owned[at]
            kept = (known[at] == targets) & (own != sources)
            parts.append(np.unique(own[kept].astype(np.uint64) << _HALF | sources[kept].astype(np.uint64)))
    return np.unique(np.concatenate(parts))


class _Opened:
    def __init__(self, folder: Path) -> None:
        self._refs = folder / "refs.jsonl"
        names = ("starts", "tokens", "owners", "sources", "ends")
        self._starts, self._tokens, self._owners, self._sources, self._ends = (
            np.load(folder / f"{name}.npy", mmap_mode="r") for name in names
        )

    def place(self, entity_id: str) -> int | None:
        token = np.uint64(int(entity_id, 16))
        at = int(np.searchsorted(self._tokens, token))
        is_known = at < len(self._tokens) and self._tokens[at] == token
        return int(self._owners[at]) if is_known else None

    def incoming(self, place: int) -> list[int]:
        found: list[int] = self._sources[self._start(place) : self._ends[place]].tolist()
        return found

    def in_degree(self, place: int) -> int:
        return int(self._ends[place]) - self._start(place)

    def ref(self, place: int) -> EntityRef:
        with self._refs.open("rb") as file:
            file.seek(int(self._starts[place]))
            return msgspec.json.decode(file.readline(), type=EntityRef)

    def _start(self, place: int) -> int:
        return int(self._ends[place - 1]) if place else 0


@lru_cache(maxsize=4)
def _opened(folder: str) -> _Opened:
    return _Opened(Path(folder))


def _refs(folder: Path) -> Iterator[EntityRef]:
    with (folder / "refs.jsonl").open("rb") as file:
        for line in file:
            yield msgspec.json.decode(line, type=EntityRef)


def _signed(numbers: array[int]) -> Numbers:
    return np.frombuffer(numbers, dtype=np.int64) if numbers else np.empty(0, dtype=np.int64)


def _unsigned(numbers: array[int]) -> Tokens:
    return np.frombuffer(numbers, dtype=np.uint64) if numbers else np.empty(0, dtype=np.uint64)


def _revision(content: str) -> str:
    return digest(f"{CODE_VERSION}/{content}")[:12]
