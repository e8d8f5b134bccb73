"""``search_image`` where a world has no pictures to search: it finds nothing, whatever is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workers.tools import FetchError, ImageHit


@dataclass(frozen=True)
class NoPictures:
    """An `ImageSearch` over nothing, for sources that are to stay off the network."""

    name: str = "no-pictures"
    revision: str = "1"

    def search(self, query: str, language: str, num: int, exclude: frozenset[str]) -> Sequence[ImageHit]:
        return ()

    def fetch(self, image_url: str) -> bytes:
        raise FetchError("not-found", image_url)
