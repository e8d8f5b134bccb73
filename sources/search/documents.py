"""What an index holds: documents of several texts, an address to look them up by, and bytes to give back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catalogs.digests import digest
from catalogs.records import Language
from sources.search.words import analyzer, prepared

ID, ADDRESS, STORED = "id", "address", "document"


@dataclass(frozen=True, slots=True)
class Document:
    """One thing that can be found. Made by `document`."""

    id: int
    """64 bits of a digest of what it says: a text that has changed is another document. Among 60 million of
    them, two share an id with a probability of one in ten thousand."""
    address: str
    texts: Mapping[str, str]
    """Field -> text."""
    stored: bytes


def document(identity: bytes, address: str, texts: Mapping[str, str], stored: bytes) -> Document:
    """A document whose id comes from `identity`: bytes that change when it has to be indexed anew."""
    return Document(int(digest(identity)[:16], 16), address, texts, stored)


def schema(fields: Iterable[str], language: Language) -> Any:
    """tantivy's schema. Texts are not stored: `STORED` holds all that is given back."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    for field in fields:
        builder.add_text_field(field, stored=False, tokenizer_name=language, index_option="freq")
    builder.add_unsigned_field(ID, indexed=True, fast=True)
    builder.add_text_field(ADDRESS, stored=False, tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field(STORED, stored=True)
    return builder.build()


def as_tantivy(document: Document) -> Any:
    """The same as tantivy takes it."""
    import tantivy

    made = tantivy.Document()
    made.add_unsigned(ID, document.id)
    made.add_text(ADDRESS, document.address)
    for field, text in document.texts.items():
        if text:
            made.add_text(field, prepared(text))
    made.add_bytes(STORED, document.stored)
    return made


def registered(index: Any, language: Language) -> Any:
    """An index that knows how words of a language are cut: tantivy keeps the name of it alone.

    It shows what was committed when it was opened. A reader that follows commits watches the folder from a
    thread, which makes a lock file there at any time, in a folder that is being removed, too.
    """
    index.register_tokenizer(language, analyzer(language))
    index.config_reader("manual")
    return index
