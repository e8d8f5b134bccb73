"""BM25 over documents of several weighted fields, on tantivy: what text search and archive pictures share.

Queries are split by the same analyzer as the documents and put together as terms, never parsed: there is no
query syntax, so no text is a syntax error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from catalogs.digests import rounded
from catalogs.errors import StorageError
from catalogs.records import Language

CODE_VERSION = "1"
"""Raised whenever analysis or ranking change; part of the revision of every index."""

_STEMMERS: dict[Language, str] = {"en": "english", "fr": "french", "es": "spanish"}
"""Languages whose words are stemmed; others are split, lower-cased and stripped of accents."""
_STORED = "document"
_HEAP_BYTES = 50_000_000
"""Writer's memory: holds 10,000 articles in one segment, well above tantivy's minimum of 15 MB."""
_LONGEST_QUERY = 64
"""Distinct terms of a query that count: a pasted article is no query, and each term costs a posting list."""
_TIES = 20
"""Extra results fetched, so that equal scores at the edge are put in order before they are cut."""


def write_index(
    folder: Path,
    language: Language,
    fields: Iterable[str],
    documents: Iterable[tuple[Mapping[str, str], bytes]],
) -> None:
    """Index documents into an existing folder. Each is its texts by field, and the bytes to give back.

    Raises `StorageError` where the disk refuses.
    """
    import tantivy

    builder = tantivy.SchemaBuilder()
    for field in fields:
        builder.add_text_field(field, stored=False, tokenizer_name=language, index_option="freq")
    builder.add_bytes_field(_STORED, stored=True)
    index = tantivy.Index(builder.build(), path=str(folder))
    index.register_tokenizer(language, _analyzer(language))
    # One thread writes one segment after another in a fixed order, so that equal inputs rank equally.
    writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
    try:
        _write(writer, documents)
    except ValueError as error:
        # All that tantivy tells of a disk that refuses; it holds texts to no other condition.
        raise StorageError(
            f"the index in {folder} cannot be written ({error}): free some space, then give the same command "
            "again; everything finished is kept"
        ) from error


def _write(writer: Any, documents: Iterable[tuple[Mapping[str, str], bytes]]) -> None:
    import tantivy

    try:
        for texts, stored in documents:
            document = tantivy.Document()
            for field, text in texts.items():
                document.add_text(field, text)
            document.add_bytes(_STORED, stored)
            writer.add_document(document)
        writer.commit()
    finally:
        # Its threads write files until they are joined, also after a failure.
        writer.wait_merging_threads()


def search_index(
    folder: Path, language: Language, weights: Mapping[str, float], query: str, limit: int
) -> list[tuple[float, bytes]]:
    """At least `limit` best documents where there are as many: (score to three places, stored bytes).

    Best first; the order of equal scores is the caller's to decide, and the caller cuts the list.
    """
    import tantivy

    if limit <= 0:
        return []
    index, searcher = _opened(str(folder), language)
    terms = list(dict.fromkeys(_analyzer(language).analyze(query)))[:_LONGEST_QUERY]
    clauses = [
        (
            tantivy.Occur.Should,
            tantivy.Query.boost_query(tantivy.Query.term_query(index.schema, field, term, "freq"), weight),
        )
        for term in terms
        for field, weight in weights.items()
    ]
    if not clauses:
        return []
    found = searcher.search(tantivy.Query.boolean_query(clauses), limit=limit + _TIES).hits
    return [(rounded(score), bytes(searcher.doc(where)[_STORED][0])) for score, where in found]


@lru_cache(maxsize=8)
def _opened(folder: str, language: Language) -> tuple[Any, Any]:
    """Index and searcher, opened once a process."""
    import tantivy

    index = tantivy.Index.open(folder)
    index.register_tokenizer(language, _analyzer(language))
    return index, index.searcher()


@lru_cache(maxsize=8)
def _analyzer(language: Language) -> Any:
    """Words of at most 40 letters, in lower case, without accents, stemmed.

    Accents go before stemming, so that a word typed without them finds the same articles.
    """
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    builder = builder.filter(tantivy.Filter.remove_long(40)).filter(tantivy.Filter.lowercase())
    builder = builder.filter(tantivy.Filter.ascii_fold())
    if language in _STEMMERS:
        builder = builder.filter(tantivy.Filter.stemmer(_STEMMERS[language]))
    return builder.build()
