"""Features of pictures on disk: stored as float16, found through an HNSW graph of int8 (usearch).

    rows            id, content, vector of every picture, in order of id; mapped, not read
    graph.usearch   the same ids, linked; mapped, not read
    rows.part       what a build has embedded so far

Embedding is what costs (some 10 ms a picture on a core), so it is what is kept: a build goes on after the
last whole batch, and pictures whose bytes an earlier index has seen are not embedded again. The graph is made
anew (int8: 3,000 vectors of 512 a second on one core, float16: 1,400), by one thread and in order of id, so
that it is a function of the vectors alone: the same vectors give the same file. What it finds is put in order
by the stored vectors: cosines are right to three places, and a picture that the graph does not find is a
matter of recall alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from catalogs.digests import digest, rounded
from catalogs.errors import StorageError
from catalogs.files import replacing, storing
from sources.search.folder import damaged

VERSION = "1"
"""Raised whenever equal pictures give other files."""

_ROWS, _GRAPH, _PART = "rows", "graph.usearch", "rows.part"
_BATCH = 256
"""Pictures in memory at once."""
_CONNECTIVITY, _EXPANSION_ADD, _EXPANSION_SEARCH = 16, 128, 128
"""HNSW's M and efConstruction are usearch's defaults; efSearch is twice its default."""
_MORE = 4
"""Neighbours asked of the graph for each that is wanted, before the stored vectors decide."""

Floats = npt.NDArray[np.float32]
Embed = Callable[[Sequence[bytes]], list[Floats | None]]
"""Encoded pictures -> vectors of length 1; None where the bytes are no picture."""


@dataclass(frozen=True)
class Found:
    """A picture, and the cosine between its vector and the query's, to three places."""

    id: int
    cosine: float


def build(
    folder: Path,
    pictures: Iterable[tuple[int, str]],
    fetch: Callable[[str], bytes | None],
    embed: Embed,
    dim: int,
    previous: Path | None,
) -> None:
    """Rows and graph of `pictures`, given as (id, address), in `folder`, which a killed build may have begun.

    `fetch` gives None for what cannot be had. `previous` is the folder of an earlier index of the same model.
    Pictures without a vector are left out. Raises `StorageError` where the disk refuses.
    """
    part = folder / _PART
    kind = _kind(dim)
    with storing(folder):
        begun = _rows(part, kind, cut=True)
        seen = [
            rows for rows in (begun, _rows(previous / _ROWS, kind) if previous else None) if rows is not None
        ]
        known = _Known(seen)
        done = set(begun["id"].tolist()) if begun is not None else set()
        wanted: list[int] = []
        stream = iter(pictures)
        with part.open("ab") as out:
            while batch := list(islice(stream, _BATCH)):
                wanted += [one for one, _ in batch]
                todo = [pair for pair in batch if pair[0] not in done]
                out.write(_embedded(todo, fetch, embed, known, kind).tobytes())
                out.flush()
        _finish(folder, kind, np.array(sorted(wanted), np.uint64))
        part.unlink()


def search(folder: Path, query: Floats, count: int) -> list[Found]:
    """The `count` nearest, best first, equal ones in order of id. `query` is float32 [dim], of length 1."""
    rows, graph = _opened(str(folder))
    if count <= 0 or graph is None:
        return []
    near = np.asarray(graph.search(query, min(_MORE * count, len(rows)), threads=1).keys, np.uint64)
    places = np.searchsorted(rows["id"], near)
    cosines = rows["vector"][places].astype(np.float32) @ query.astype(np.float32)
    found = [Found(one, rounded(cosine)) for one, cosine in zip(near.tolist(), cosines.tolist(), strict=True)]
    return sorted(found, key=lambda one: (-one.cosine, one.id))[:count]


def count(folder: Path) -> int:
    """Vectors of an index."""
    return len(_opened(str(folder))[0])


def _kind(dim: int) -> np.dtype[Any]:
    return np.dtype([("id", "<u8"), ("content", "<u8"), ("vector", "<f2", (dim,))])


def _rows(path: Path, kind: np.dtype[Any], *, cut: bool = False) -> Any:
    """The rows of a file, mapped; None where there are none. `cut` takes off a row that a kill left half
    written."""
    if not path.is_file():
        return None
    whole = path.stat().st_size // kind.itemsize
    if cut:
        with path.open("r+b") as file:
            file.truncate(whole * kind.itemsize)
    return np.memmap(path, kind, "r", shape=(whole,)) if whole else None


class _Known:
    """Vectors by content: what was embedded before."""

    def __init__(self, tables: Sequence[Any]) -> None:
        self._tables = [(table, np.argsort(table["content"], kind="stable")) for table in tables]

    def get(self, content: int) -> Any:
        for table, order in self._tables:
            place = np.searchsorted(table["content"], np.uint64(content), sorter=order)
            if place < len(order) and int(table["content"][order[place]]) == content:
                return table["vector"][order[place]]
        return None


def _embedded(
    pictures: Sequence[tuple[int, str]],
    fetch: Callable[[str], bytes | None],
    embed: Embed,
    known: _Known,
    kind: np.dtype[Any],
) -> npt.NDArray[Any]:
    """Rows of pictures that can be fetched and read."""
    fetched = [(one, data) for one, url in pictures if (data := fetch(url)) is not None]
    rows = np.zeros(len(fetched), kind)
    rows["id"] = [one for one, _ in fetched]
    rows["content"] = [int(digest(data)[:16], 16) for _, data in fetched]
    vectors = [known.get(content) for content in rows["content"].tolist()]
    new = [place for place, vector in enumerate(vectors) if vector is None]
    for place, vector in zip(new, embed([fetched[place][1] for place in new]) if new else [], strict=True):
        vectors[place] = vector
    readable = [place for place, vector in enumerate(vectors) if vector is not None]
    for place in readable:
        rows["vector"][place] = vectors[place]
    return rows[readable]


def _finish(folder: Path, kind: np.dtype[Any], wanted: npt.NDArray[np.uint64]) -> None:
    """Rows in order of id, of what is still wanted; then the graph."""
    from usearch.index import Index

    part = _rows(folder / _PART, kind)
    if part is None:
        (folder / _ROWS).write_bytes(b"")
        return
    ids, places = np.unique(part["id"], return_index=True)
    places = places[np.isin(ids, wanted)]
    graph = Index(
        ndim=kind["vector"].shape[0],
        metric="cos",
        dtype="i8",
        connectivity=_CONNECTIVITY,
        expansion_add=_EXPANSION_ADD,
    )
    with replacing(folder / _ROWS) as temporary, temporary.open("wb") as out:
        for first in range(0, len(places), _BATCH):
            rows = part[places[first : first + _BATCH]]
            out.write(rows.tobytes())
            graph.add(rows["id"].astype(np.uint64), rows["vector"].astype(np.float32), threads=1)
    if len(places):
        with replacing(folder / _GRAPH) as temporary:
            try:
                graph.save(str(temporary))
            except (RuntimeError, ValueError) as error:  # all that usearch tells of a disk that refuses
                raise StorageError(
                    f"{folder / _GRAPH} cannot be written ({error}): free some space, then give the same "
                    "command again; everything finished is kept"
                ) from error


@lru_cache(maxsize=8)
def _opened(folder: str) -> tuple[Any, Any]:
    """Rows and graph, mapped once a process; raises `DamagedIndexError`."""
    from usearch.index import Index

    path = Path(folder)
    if not (path / _GRAPH).is_file():
        return np.empty(0, _kind(1)), None
    try:
        graph: Any = Index.restore(path / _GRAPH, view=True)
        graph.expansion_search = _EXPANSION_SEARCH
        return _rows(path / _ROWS, _kind(graph.ndim)), graph
    except (ValueError, RuntimeError, AttributeError) as error:
        raise damaged(path, f"{_GRAPH}: {error}") from error
