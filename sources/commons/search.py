"""``search_image`` over Commons: files found by its own search, those without a usable licence left out."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from catalogs.digests import digest
from sources.commons.files import API, QUERY, Pages, read_files
from sources.fetching.failures import AddressError
from sources.fetching.web import Web
from sources.mediawiki.api import Wiki
from workers.endpoint.loop import start
from workers.meter import count_call
from workers.tools import FetchError, ImageHit

CODE_VERSION = "3"
"""Raised whenever equal answers of Commons give other hits."""

_MOST = 50


@dataclass(frozen=True)
class CommonsImages:
    """A `RemoteImageSearch`. What a query answered first holds for the folder of `web`."""

    web: Web
    api: str = API

    @property
    def name(self) -> str:
        return "commons"

    @property
    def revision(self) -> str:
        return digest(f"{CODE_VERSION}/{self.api}")[:12]

    def search(self, query: str, language: str, num: int, exclude: frozenset[str]) -> list[ImageHit]:
        """See `asearch`."""
        return start(self.asearch(query, language, num, exclude)).result()

    async def asearch(
        self, query: str, language: str, num: int, exclude: frozenset[str], location: str = ""
    ) -> list[ImageHit]:
        """At most `num` bitmap files of the fifty best, in the order of Commons, minus `exclude`."""
        asked = {
            "action": "query",
            "generator": "search",
            "gsrsearch": f"filetype:bitmap {query}",
            "gsrnamespace": "6",
            "gsrlimit": str(_MOST),
        }
        reply, when = await Wiki(self.api, self.web).aask(**asked, **QUERY)
        part = msgspec.json.decode(reply.query, type=Pages)
        found = read_files(part, when)
        ranked = [
            found[page.title]
            for page in sorted(part.pages, key=lambda page: page.index)
            if page.title in found
        ]
        free = [file for file in ranked if file.is_usable and file.url not in exclude]
        return [
            ImageHit(
                rank=rank,
                title=file.title.removeprefix("File:"),
                image_url=file.url,
                page_url=file.page_url,
                caption=file.description,
                origin=file.origin,
            )
            for rank, file in enumerate(free[:num], start=1)
        ]

    def fetch(self, image_url: str) -> bytes:
        """See `afetch`."""
        return start(self.afetch(image_url)).result()

    async def afetch(self, image_url: str) -> bytes:
        """The bytes behind an address; raises `FetchError` with a class of `sources.fetching.failures`."""
        count_call()
        try:
            return (await self.web.apicture(image_url))[0]
        except AddressError as error:
            raise FetchError(error.kind, error.detail) from None
