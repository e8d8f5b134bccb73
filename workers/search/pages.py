"""``browse`` without a network: pages out of the index that found their passages."""

from __future__ import annotations

from dataclasses import dataclass

from catalogs.records import Passage
from workers.meter import count_call
from workers.tools import FetchError, HasPages


@dataclass(frozen=True)
class IndexedPages:
    """A `PageReader` over a text search that holds whole pages."""

    search: HasPages

    @property
    def name(self) -> str:
        return f"pages-of-{self.search.name}"

    @property
    def revision(self) -> str:
        return self.search.revision

    def read(self, found: Passage) -> Passage:
        """The page at the passage's address; raises `FetchError` (``not-found``)."""
        count_call()
        page = self.search.page(found.origin.url)
        if page is None:
            raise FetchError("not-found", found.origin.url)
        return page
