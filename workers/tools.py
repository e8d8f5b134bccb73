"""The tools an agent calls, as protocols: what annotators use and what sources provide.

Both are workers (name, revision, picklable, heavy parts opened at first use), because their answers enter
a trace: another index or another web is another fingerprint.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from catalogs.records import Hit, Origin
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
