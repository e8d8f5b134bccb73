"""What a profile says of search back ends."""

from __future__ import annotations

from typing import Literal

from workers.endpoint import Endpoint


class TextSearchEndpoint(Endpoint, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[text_search]``: who answers text queries."""

    kind: Literal["serper", "mediawiki"]
    """``serper``: `POST search` of Serper, or of what speaks like it. ``mediawiki``: the API of a wiki, with
    ``{language}`` in its base URL for the language of the query."""


class ImageSearchEndpoint(Endpoint, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[image_search]``: who answers picture queries."""

    kind: Literal["serper"]
    web: Endpoint = Endpoint(base_url="", slots=32, timeout=30.0, tries=3, breaker=False)
    """How pictures are fetched, from whatever host; no key goes along. 30 s as in the published pipeline."""

    def __str__(self) -> str:
        return self.kind


class ReaderEndpoint(Endpoint, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[reader]``: who turns a page into text; without it, what the search says of a page is its passage."""

    kind: Literal["jina"]
