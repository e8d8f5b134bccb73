"""``mediawiki:en:Donburi``, with ``/depth=1`` for subcategories and ``/whole`` for whole articles."""

from __future__ import annotations

import re

from sources.errors import UnknownSourceError
from sources.fetching.web import Web
from sources.mediawiki.encyclopedia import MediaWikiEncyclopedia
from sources.wikidata.sites import Sites

_SPEC = re.compile(
    r"(?P<language>[a-z-]+):(Category:)?(?P<category>[^:].*?)(/depth=(?P<depth>\d))?(?P<whole>/whole)?"
)


def open_mediawiki(argument: str, web: Web) -> MediaWikiEncyclopedia:
    """Raises `UnknownSourceError` with the way to write it."""
    found = _SPEC.fullmatch(argument)
    if found is None or "/depth=" in found["category"]:
        raise UnknownSourceError(
            f"the source 'mediawiki' was given {argument!r}; write a language and a category, such as: "
            "mediawiki:en:Donburi, with its subcategories: mediawiki:en:Donburi/depth=1, with whole "
            "articles to search in: mediawiki:en:Donburi/whole"
        )
    depth = int(found["depth"] or 0)
    return MediaWikiEncyclopedia(
        Sites(web), found["language"], found["category"], depth, whole=bool(found["whole"])
    )
