"""A folder brought to hold exactly what a source says, by what has changed.

Documents that the index holds are passed over, others are added, and what the source no longer says is
removed. That is also how a build goes on that was killed: what was committed is there, and is passed over.

Removed documents still count in BM25 (how many documents have a word, how long they are) until tantivy merges
their segment. So that the same changes give the same scores, merges are waited for after every commit, and an
index of which `MOST_REMOVED` is dead is written anew from the documents that it holds.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from catalogs.errors import StorageError
from catalogs.records import Language
from sources.search.documents import ID, Document, as_tantivy, registered, schema
from sources.search.reading import Ids, ids_in

BATCH = 100_000
"""Documents a commit: what a kill costs, some ten seconds of work."""
MOST_REMOVED = 0.1
"""Share of dead documents that an index may have. It bounds how far word statistics are from true: to a
factor of 1.1, which is 0.1 in an inverse document frequency of 1 to 15."""
_HEAP_BYTES = 128_000_000
"""Writer's memory, filled before it writes a segment; tantivy's own default."""
_TASTE = 500
"""Documents that decide whether an earlier index is worth taking over."""


@dataclass(frozen=True)
class Changes:
    """What an update has done. `kept` documents were there before."""

    added: int = 0
    removed: int = 0
    kept: int = 0


def update(folder: Path, language: Language, fields: Sequence[str], documents: Iterable[Document]) -> Changes:
    """Bring the index in `folder`, which may be empty or from an earlier build, to hold `documents`.

    A document that comes twice is held once. Memory does not grow with the number of documents but for 8
    bytes each. An earlier index that has little in common with the documents, or that cannot be read, is
    dropped. Raises `StorageError` where the disk refuses; what was committed stays, and the next call goes on
    from there."""
    writer = _Writer(folder, language, fields)
    stream = iter(documents)
    taste = list(islice(stream, _TASTE))
    if writer.held.size and not _worth_keeping(writer.held, taste):
        writer = _Writer(emptied(folder), language, fields)
    before = writer.held
    still = np.zeros(before.size, bool)
    for document in chain(taste, stream):
        place = _find(before, document.id)
        if place >= 0:
            still[place] = True
        else:
            writer.add(document)
    writer.commit()
    writer.remove(before[~still])
    kept = int(still.sum())
    return Changes(added=writer.held.size - kept, removed=before.size - kept, kept=kept)


def dead_share(folder: Path) -> float:
    """Removed documents that an index still carries, as a share of all."""
    segments = msgspec.json.decode((folder / "meta.json").read_bytes())["segments"]
    total = sum(segment["max_doc"] for segment in segments)
    dead = sum(segment["deletes"]["num_deleted_docs"] for segment in segments if segment["deletes"])
    return dead / total if total else 0.0


def rewrite(folder: Path, language: Language, fields: Sequence[str], documents: Iterable[Document]) -> None:
    """Write the index in `folder` anew, without its dead. `documents` may be read from it meanwhile."""
    beside = emptied(folder.with_name(f"{folder.name}.new"))
    update(beside, language, fields, documents)
    shutil.rmtree(folder)
    beside.replace(folder)


class _Writer:
    """Adds and removes, a commit at a time. `held` are the ids of all that is committed, sorted."""

    def __init__(self, folder: Path, language: Language, fields: Sequence[str]) -> None:
        self._folder, self._language = folder, language
        self._schema = schema(fields, language)
        try:
            self._index = self._open()
        except ValueError:  # another schema, or files that a power cut has taken
            self._index = self._open_anew()
        self._writer: Any = None
        self._waiting: set[int] = set()
        self.held: Ids = ids_in(self._index)

    def add(self, document: Document) -> None:
        if document.id in self._waiting or _find(self.held, document.id) >= 0:
            return
        self._waiting.add(document.id)
        try:
            self._writing().add_document(as_tantivy(document))
        except ValueError as error:
            self._give_up(error)
        if len(self._waiting) >= BATCH:
            self.commit()

    def commit(self) -> None:
        """Make what was added durable, and wait until its segments are merged as they are to be."""
        self._commit()
        new = np.sort(np.fromiter(self._waiting, np.uint64, len(self._waiting)))
        self.held = np.insert(self.held, np.searchsorted(self.held, new), new)
        self._waiting.clear()

    def remove(self, ids: Ids) -> None:
        """Remove documents, in one commit."""
        if not ids.size:
            return
        import tantivy

        for one in ids.tolist():
            # By query: a number given as a term is taken for a signed one, which an id is not.
            self._writing().delete_documents_by_query(tantivy.Query.term_query(self._schema, ID, one))
        self._commit()
        self.held = self.held[~np.isin(self.held, ids)]

    def _commit(self) -> None:
        try:
            writer = self._writing()
            writer.commit()
            writer.wait_merging_threads()
        except ValueError as error:
            self._give_up(error)
        self._writer = None

    def _writing(self) -> Any:
        if self._writer is None:
            # One thread writes one segment after another in a fixed order, so that equal inputs rank equally.
            self._writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        return self._writer

    def _give_up(self, error: ValueError) -> None:
        """A refusal of the disk: all that tantivy tells of it; it holds documents to no other condition."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(ValueError):  # the refusal, told again by each thread that met it
                writer.wait_merging_threads()  # they write files until they are joined
        raise StorageError(
            f"the index in {self._folder} cannot be written ({error}): free some space, then give the same "
            "command again; everything finished is kept"
        ) from error

    def _open(self) -> Any:
        import tantivy

        self._folder.mkdir(parents=True, exist_ok=True)
        return registered(tantivy.Index(self._schema, path=str(self._folder)), self._language)

    def _open_anew(self) -> Any:
        try:
            emptied(self._folder)
            return self._open()
        except ValueError as error:
            raise StorageError(
                f"no index can be made in {self._folder} ({error}): free some space or change its "
                "permissions, then give the same command again"
            ) from error


def _worth_keeping(held: Ids, taste: Sequence[Document]) -> bool:
    """Whether half of the first documents are there: of another archive none is."""
    return 2 * sum(_find(held, document.id) >= 0 for document in taste) >= len(taste)


def _find(ids: Ids, one: int) -> int:
    """Where an id stands in sorted ids; -1 where it does not."""
    place = int(ids.searchsorted(np.uint64(one)))
    return place if place < ids.size and int(ids[place]) == one else -1


def emptied(folder: Path) -> Path:
    """The folder without anything in it. It stays itself, because a lock may be held on it."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return folder
