"""The tools an agent calls, as protocols: what annotators use and what sources provide.

All are workers (name, revision, picklable, heavy parts opened at first use), because their answers enter
a trace: another index or another web is another fingerprint.

What is behind a server has a second face, whose methods are awaited on the loop of `workers.endpoint.loop`
(`asearch`, `afetch`, `aread`): so hundreds of dialogues wait for their answers in one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import msgspec

from catalogs.records import Hit, Origin, Passage
from catalogs.stage import Worker


class FetchError(Exception):
    """A picture or page could not be fetched. `kind` is a short slug (``not-found``, ``too-large``, ...)."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind


class ImageHit(msgspec.Struct, frozen=True, kw_only=True):
    """One result of a picture search, not fetched yet."""

    rank: int
    title: str
    image_url: str
    page_url: str
    caption: str
    origin: Origin


class TextSearch(Worker, Protocol):
    """``text_search``: ranked passages of articles in one language."""

    def search(self, query: str, language: str, top_k: int) -> Sequence[Hit]: ...


class ImageSearch(Worker, Protocol):
    """``search_image``: ranked picture addresses, and the fetching of one."""

    def search(self, query: str, language: str, num: int, exclude: frozenset[str]) -> Sequence[ImageHit]:
        """At most `num` hits whose `image_url` is not in `exclude` (addresses that were seen before)."""
        ...

    def fetch(self, image_url: str) -> bytes:
        """The bytes behind an address, whatever they are; raises `FetchError`."""
        ...


class PageReader(Worker, Protocol):
    """``browse``: the page behind a passage that a text search returned."""

    def read(self, found: Passage) -> Passage:
        """The page as one passage, as long as it is; raises `FetchError` where it cannot be read."""
        ...


@runtime_checkable
class HasPages(TextSearch, Protocol):
    """A text search that holds whole pages beside the passages that it returns."""

    def page(self, url: str) -> Passage | None:
        """The page at an address, as one passage; None where it holds none."""
        ...


@runtime_checkable
class RemoteTextSearch(TextSearch, Protocol):
    """A text search behind a server."""

    async def asearch(self, query: str, language: str, top_k: int) -> Sequence[Hit]: ...


@runtime_checkable
class RemoteImageSearch(ImageSearch, Protocol):
    """A picture search behind a server, and pictures on others."""

    async def asearch(
        self, query: str, language: str, num: int, exclude: frozenset[str], location: str = ""
    ) -> Sequence[ImageHit]:
        """`location` says where to search from; a search that is the same everywhere passes it over."""
        ...

    async def afetch(self, image_url: str) -> bytes: ...


@runtime_checkable
class RemotePageReader(PageReader, Protocol):
    """Pages read by a server."""

    async def aread(self, found: Passage) -> Passage: ...
