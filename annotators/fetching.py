"""Fetching what a picture search found: every address once a batch, whoever asks for it."""

from __future__ import annotations

from catalogs.stage import Blobs
from workers.tools import FetchError, ImageSearch


class Fetcher:
    """Fetches and stores. Prompts in several languages about one entity find the same addresses."""

    def __init__(self, search: ImageSearch, blobs: Blobs) -> None:
        self._search = search
        self._blobs = blobs
        self._known: dict[str, tuple[bytes, str]] = {}

    def fetch(self, image_url: str) -> tuple[bytes, str]:
        """The bytes behind an address, stored as a blob, and no problem; or no bytes, and the problem."""
        if image_url not in self._known:
            try:
                data, problem = self._search.fetch(image_url), ""
            except FetchError as error:
                data, problem = b"", error.kind
            self._blobs.put(data)
            self._known[image_url] = data, problem
        return self._known[image_url]
