"""``text_search``: BM25 over all articles of an encyclopedia, one index a language, kept up to date."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol, runtime_checkable

import msgspec

from catalogs.digests import digest, encode
from catalogs.files import write_bytes
from catalogs.records import Hit, Language, Passage
from sources.interface import Encyclopedia
from sources.passages import whole_article
from sources.search import reading, words, writing
from sources.search.documents import Document, document
from sources.search.folder import linked, published, whole
from workers.meter import count_call

_WEIGHTS = {"title": 2.0, "text": 1.0, "aliases": 0.25}
"""Weight of each field, measured. Title on the sample world, with its 1,164 noun phrases as queries: a weight
of 2 puts the entity's own article first most often (79.8 %; 78.7 % at 1, 78.5 % at 3, 79.0 % at 8). Aliases
on the 85 articles of an archive with 151 redirects: a weight of 0.25 finds 87 % of the articles first by a
redirect's title (83 % at 0, 91 % at 1) and as many by their own title as without (99 %; 94 % at 1)."""
LAYOUT = "2"
"""Raise it when equal documents of an encyclopedia are stored or searched in another way."""
_BASE = "base"
"""File of a folder under construction: the revision of the index that it was begun from."""


@runtime_checkable
class HasAliases(Protocol):
    """An encyclopedia that knows under which other titles (redirects) its articles are looked for."""

    def aliases(self, title: str, language: Language) -> Sequence[str]: ...


class _Stored(msgspec.Struct, frozen=True):
    passage: Passage
    part: int
    """Place among the passages of one article, from 0."""
    aliases: list[str]


@dataclass(frozen=True)
class TextIndex:
    """A `TextSearch` over an index on disk. Made by `build_text_index`."""

    path: str
    """Folder with one index a language. Not part of the revision: the same index may lie elsewhere."""
    languages: tuple[Language, ...]
    revision: str
    """Of the encyclopedia, and of the indexes that this one was made from (see docs/search.md)."""

    @property
    def name(self) -> str:
        return "bm25"

    def search(self, query: str, language: Language, top_k: int) -> list[Hit]:
        """The `top_k` best passages, scores to three places; equal scores in order of address, title and
        text.

        Nothing is found in a language that the encyclopedia does not have, and by a query without words.
        """
        count_call()
        if language not in self.languages:
            return []
        found = reading.search(Path(self.path) / language, language, _WEIGHTS, query, top_k)
        passages = [(score, _decoded(stored).passage) for score, stored in found]
        passages.sort(key=lambda pair: (-pair[0], pair[1].origin.url, pair[1].title, pair[1].text))
        return [
            Hit(rank=rank, score=score, passage=passage)
            for rank, (score, passage) in enumerate(passages[:top_k], start=1)
        ]

    def page(self, url: str) -> Passage | None:
        """The whole article at an address, its passages joined by blank lines; None where there is none.

        An anchor in the address (``...#History``) is passed over.
        """
        address = _address(url)
        for language in self.languages:
            parts = [
                _decoded(stored) for stored in reading.at_address(self._folder(language), language, address)
            ]
            if parts:
                parts.sort(key=lambda one: (one.part, one.passage.heading, one.passage.text))
                return whole_article([one.passage for one in parts], address)
        return None

    def _folder(self, language: Language) -> Path:
        return Path(self.path) / language


def build_text_index(root: Path, encyclopedia: Encyclopedia) -> TextIndex:
    """The index of an encyclopedia under `root`, brought up to date unless it is there.

    26,000 extracts take about 4 s. Where `root` holds an index of an earlier revision of the encyclopedia,
    what is new is added to a copy of it and what is gone is removed. Raises `DamagedIndexError`,
    `StorageError`."""
    family = f"texts of {encyclopedia.name}/{LAYOUT}/{words.VERSION}/{sorted(_WEIGHTS.items())}"
    content = digest(f"{family}@{encyclopedia.revision}")[:12]
    languages = tuple(encyclopedia.languages)

    def build(folder: Path, previous: Path | None) -> str:
        base = _begun_from(folder, previous)
        for language in languages:
            inside = folder / language
            writing.update(inside, language, tuple(_WEIGHTS), _documents(encyclopedia, language))
            if writing.dead_share(inside) > writing.MOST_REMOVED:
                held = (_document(_decoded(stored)) for _, stored in reading.everything(inside, language))
                writing.rewrite(inside, language, tuple(_WEIGHTS), held)
        _tidied(folder, languages)
        return digest(f"{content}/{base}")[:12] if base else content

    folder = root / f"text-{content}"
    return TextIndex(str(folder), languages, published(folder, family, build).revision)


def _begun_from(folder: Path, previous: Path | None) -> str:
    """The revision of the index that a folder under construction starts from; empty for none.

    Written when everything was taken over, and read when a killed build goes on.
    """
    mark = folder / _BASE
    if not mark.exists():
        writing.emptied(folder)
        if previous:
            linked(previous, folder)
        write_bytes(mark, whole(previous).revision.encode() if previous else b"")
    return mark.read_text()


def _tidied(folder: Path, languages: Sequence[Language]) -> None:
    """Leave nothing but the languages that are asked for: an earlier index may have had others."""
    for path in folder.iterdir():
        if path.is_dir() and path.name not in languages:
            shutil.rmtree(path)
    (folder / _BASE).unlink()


def _documents(encyclopedia: Encyclopedia, language: Language) -> Iterator[Document]:
    """Passages as documents; those of one article follow one another in every source."""
    aliased = encyclopedia if isinstance(encyclopedia, HasAliases) else None
    for _, passages in groupby(encyclopedia.documents(language), lambda one: _address(one.origin.url)):
        for part, passage in enumerate(passages):
            # Of an article in parts, the first one is what another title leads to.
            others = list(aliased.aliases(passage.title, language)) if aliased and not part else []
            yield _document(_Stored(passage, part, others))


def _document(stored: _Stored) -> Document:
    passage = stored.passage
    # When a passage was fetched does not change what it says.
    told = msgspec.structs.replace(passage, origin=msgspec.structs.replace(passage.origin, fetched=""))
    texts = {"title": passage.title, "text": passage.headed, "aliases": ". ".join(stored.aliases)}
    identity = encode(msgspec.structs.replace(stored, passage=told))
    return document(identity, _address(passage.origin.url), texts, encode(stored))


def _decoded(stored: bytes) -> _Stored:
    return msgspec.json.decode(stored, type=_Stored)


def _address(url: str) -> str:
    return url.partition("#")[0]
