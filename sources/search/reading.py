"""The best documents for a query: BM25 over weighted fields, in an order that repeats.

Queries are cut into words as documents are and put together as terms, never parsed: there is no query syntax,
so no text is a syntax error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from catalogs.digests import rounded
from catalogs.records import Language
from sources.search.documents import ADDRESS, ID, STORED, registered
from sources.search.words import words

Ids = npt.NDArray[np.uint64]

_LONGEST_QUERY = 64
"""Distinct words of a query that count: a pasted article is no query, and each word costs a posting list."""
_SPARE = 20
"""Extra results fetched, so that equal scores at the edge are put in order before they are cut."""
_MOST_TIES = 5000
"""Results looked at where still more have equal scores: past that, which of the equals are found is tantivy's
choice, and the same one for the same folder."""
_MOST_PARTS = 10_000
"""Documents of one address."""
_SLICE = 20_000
"""Documents whose ids are read at once."""


def search(
    folder: Path, language: Language, weights: Mapping[str, float], query: str, limit: int
) -> list[tuple[float, bytes]]:
    """At least `limit` best documents where there are as many: (score to three places, stored bytes).

    Best first; all that have the score of the last one are among them. The order of equal scores is the
    caller's to decide, and the caller cuts the list.
    """
    import tantivy

    if limit <= 0:
        return []
    index, searcher = _opened(str(folder), language)
    clauses = [
        (
            tantivy.Occur.Should,
            tantivy.Query.boost_query(tantivy.Query.term_query(index.schema, field, word, "freq"), weight),
        )
        for word in words(query, language)[:_LONGEST_QUERY]
        for field, weight in weights.items()
    ]
    if not clauses:
        return []
    asked, wanted = tantivy.Query.boolean_query(clauses), limit + _SPARE
    while True:
        found = searcher.search(asked, limit=wanted, count=False).hits
        scores = [rounded(score) for score, _ in found]
        if len(found) < wanted or scores[-1] < scores[limit - 1] or wanted >= _MOST_TIES:
            break
        wanted = min(4 * wanted, _MOST_TIES)
    least = scores[min(limit, len(scores)) - 1] if scores else 0.0
    return [
        (score, _stored(searcher, where))
        for score, (_, where) in zip(scores, found, strict=True)
        if score >= least
    ]


def at_address(folder: Path, language: Language, address: str) -> list[bytes]:
    """Stored bytes of all documents of an address, in no particular order."""
    import tantivy

    index, searcher = _opened(str(folder), language)
    asked = tantivy.Query.term_query(index.schema, ADDRESS, address, "basic")
    return [_stored(searcher, where) for _, where in searcher.search(asked, _MOST_PARTS, count=False).hits]


def with_ids(folder: Path, language: Language, ids: Ids) -> dict[int, bytes]:
    """Id -> stored bytes, of those that are there."""
    import tantivy

    index, searcher = _opened(str(folder), language)
    found: dict[int, bytes] = {}
    for one in ids.tolist():
        asked = tantivy.Query.term_query(index.schema, ID, one)
        for _, where in searcher.search(asked, 1, count=False).hits:
            found[one] = _stored(searcher, where)
    return found


def count(folder: Path, language: Language) -> int:
    """Documents of an index."""
    return int(_opened(str(folder), language)[1].num_docs)


def ids_in(index: Any) -> Ids:
    """Ids of all documents of an index that tantivy has open, sorted; 8 bytes each."""
    parts = [np.array([one for one, _ in part], np.uint64) for part in _slices(index, index.searcher())]
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, np.uint64)


def everything(folder: Path, language: Language) -> Iterator[tuple[int, bytes]]:
    """Id and stored bytes of every document, by id; not kept open."""
    index, searcher = _open(folder, language)
    for part in _slices(index, searcher):
        for one, where in part:
            yield one, _stored(searcher, where)


def _slices(index: Any, searcher: Any) -> Iterator[list[tuple[int, Any]]]:
    """(id, where) in order of id, a slice of the space of ids at a time: ids are digests, so slices are
    even."""
    import tantivy

    slices = searcher.num_docs // _SLICE + 1
    width = 2**64 // slices + 1
    for first in range(0, 2**64, width):
        asked = tantivy.Query.range_query(
            index.schema,
            ID,
            tantivy.FieldType.Unsigned,
            first,
            min(first + width, 2**64) - 1,
            use_inverted_index=True,
        )
        places = [where for _, where in searcher.search(asked, limit=4 * _SLICE, count=False).hits]
        ids = searcher.fast_field_values(ID, places)
        yield sorted(zip(ids, places, strict=True), key=lambda pair: pair[0])


def _stored(searcher: Any, where: Any) -> bytes:
    return bytes(searcher.doc(where)[STORED][0])


@lru_cache(maxsize=32)
def _opened(folder: str, language: Language) -> tuple[Any, Any]:
    """Index and searcher, opened once a process: a published folder never changes."""
    return _open(Path(folder), language)


def _open(folder: Path, language: Language) -> tuple[Any, Any]:
    import tantivy

    index = registered(tantivy.Index.open(str(folder)), language)
    return index, index.searcher()
