"""The Wikidata query service: SPARQL in, rows of item numbers and values out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from sources.fetching.web import Web

URL = "https://query.wikidata.org/sparql"
_ITEM = "http://www.wikidata.org/entity/"

PAGE = 5_000
"""Rows a query. A class of a million items does not come within the service's 60 s in one."""


class _Value(msgspec.Struct):
    value: str


class _Results(msgspec.Struct):
    bindings: list[dict[str, _Value]]


class _Answer(msgspec.Struct):
    results: _Results


@dataclass(frozen=True)
class QueryService:
    """A SPARQL end point over Wikidata's data: the public one, or a mirror."""

    web: Web
    url: str = URL

    def rows(self, query: str) -> list[dict[str, str]]:
        """Bindings by variable; items as ``Q...``. Raises `ApiError`."""
        answer, _ = self.web.ask(self.url, {"query": query, "format": "json"}, _Answer)
        return [
            {name: bound.value.removeprefix(_ITEM) for name, bound in row.items()}
            for row in answer.results.bindings
        ]

    def instances(self, qid: str) -> Iterator[str]:
        """Items with a picture that are instances of a class or of its subclasses, in the service's order of
        items, page by page."""
        offset = 0
        while True:
            rows = self.rows(
                f"SELECT DISTINCT ?item WHERE {{ ?item wdt:P31/wdt:P279* wd:{qid} ; wdt:P18 ?picture }} "
                f"ORDER BY ?item LIMIT {PAGE} OFFSET {offset}"
            )
            yield from (row["item"] for row in rows)
            if len(rows) < PAGE:
                return
            offset += PAGE
