"""Wikimedia's sites, as one thing to ask: Wikipedias, Wikidata, its query service, Commons."""

from __future__ import annotations

from dataclasses import dataclass

from catalogs.records import Language
from sources.commons import files as commons
from sources.fetching.web import Web
from sources.mediawiki.api import Wiki
from sources.wikidata import items, query
from sources.wikidata.wikis import code_of


@dataclass(frozen=True)
class Sites:
    """Addresses of the interfaces; mirrors and tests name their own."""

    web: Web
    wikipedia: str = "https://{language}.wikipedia.org/w/api.php"
    wikidata: str = items.API
    commons: str = commons.API
    sparql: str = query.URL

    def wiki(self, language: Language) -> Wiki:
        return Wiki(self.wikipedia.replace("{language}", code_of(language)), self.web)

    def service(self) -> query.QueryService:
        return query.QueryService(self.web, self.sparql)
