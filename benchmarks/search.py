"""Local search at a million documents: how fast it is built, brought up to date and asked, what it weighs.

    make bench CASE=search           python -m benchmarks.search --documents 20000 --vectors 5000

Texts are drawn from a vocabulary with the frequencies of Zipf's law, seeded; a query is three words of one of
the documents. Vectors are points around centres, as features of pictures of kinds of things are; a query is
another such point. Clients are threads of one process: tantivy, usearch and SQLite let go of the interpreter.

Baselines in the same run: SQLite FTS5 over the same texts, words joined by OR and ranked by its own BM25 with
the same weights; for vectors NumPy by brute force, which is also what recall is counted against.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import measured, report
from catalogs.digests import digest
from catalogs.records import EntityRef, Origin, Passage
from sources.interface import Harvested, Unusable
from sources.search import vectors
from sources.text_index import build_text_index

VOCABULARY = 200_000
EXPONENT = 1.0
"""Of Zipf's law: English words come close to it."""
WORDS = 80
"""Of a text on average, half to one and a half times as many: the length of a Wikipedia lead."""
CHUNK = 10_000
CHANGED = 100
"""One document of so many is another one in the second revision."""
CENTRES = 1000
SPREAD = 0.6
"""Length of the noise added to a centre of length 1: neighbours have a cosine of about 0.7."""
TOP = 10
CLIENTS = (1, 32)


@dataclass(frozen=True)
class Synthetic:
    """An `Encyclopedia` over a file with a title and a text a line."""

    path: Path
    revision: str
    name: str = "synthetic"
    languages: tuple[str, ...] = ("en",)

    def survey(self) -> Iterator[EntityRef]:
        yield from ()

    def harvest(self, ref: EntityRef) -> Harvested:
        raise Unusable("synthetic")

    def documents(self, language: str) -> Iterator[Passage]:
        for number, (title, text) in enumerate(lines_of(self.path)):
            changed = self.revision != "1" and number % CHANGED == 0
            origin = Origin(url=f"https://example.org/{number}", revision=self.revision if changed else "1")
            yield Passage(
                title=title, language=language, text=f"{text} revised" if changed else text, origin=origin
            )


def lines_of(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="ascii") as lines:
        for line in lines:
            title, _, text = line.rstrip("\n").partition("\t")
            yield title, text


def write_texts(path: Path, documents: int) -> None:
    """Titles of three words and texts of about `WORDS`, by a seeded generator."""
    random = np.random.default_rng(6)
    share = np.cumsum(1 / np.arange(1, VOCABULARY + 1) ** EXPONENT)
    share /= share[-1]
    words = np.array([_word(rank) for rank in range(VOCABULARY)])
    with path.open("w", encoding="ascii") as out:
        for first in range(0, documents, CHUNK):
            lengths = random.integers(WORDS // 2, 3 * WORDS // 2, min(CHUNK, documents - first)) + 3
            drawn = words[np.searchsorted(share, random.random(int(lengths.sum())))].tolist()
            end = 0
            for length in lengths.tolist():
                start, end = end, end + length
                out.write(f"{' '.join(drawn[start : start + 3])}\t{' '.join(drawn[start + 3 : end])}\n")


def _word(rank: int) -> str:
    """A pronounceable word of its own for each rank, short for frequent ones."""
    syllables = ""
    number = rank + 1
    while number:
        number, digit = divmod(number, 70)
        syllables += "bdfgklmnprstvz"[digit // 5] + "aeiou"[digit % 5]
    return syllables


def queries_of(path: Path, count: int, documents: int) -> list[str]:
    """Three words of a text each, from all over the file."""
    random = np.random.default_rng(7)
    wanted = set(random.choice(documents, min(count, documents), replace=False).tolist())
    texts = [text.split() for number, (_, text) in enumerate(lines_of(path)) if number in wanted]
    return [" ".join(random.choice(words, 3, replace=False).tolist()) for words in texts]


def latencies(
    ask: Callable[[Any], Any], queries: Sequence[Any], clients_asked: Sequence[int] = CLIENTS
) -> dict[str, Any]:
    """Milliseconds a query at each number of clients, and queries a second of all of them."""
    found = {}
    for clients in clients_asked:

        def timed(query: Any) -> float:
            started = time.perf_counter()
            ask(query)
            return time.perf_counter() - started

        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(ask, queries[:clients]))  # files are mapped, connections opened
            started = time.perf_counter()
            seconds = list(pool.map(timed, queries))
            passed = time.perf_counter() - started
        found[f"{clients} clients"] = {
            "median_ms": round(1000 * float(np.median(seconds)), 2),
            "p99_ms": round(1000 * float(np.percentile(seconds, 99)), 2),
            "queries_per_second": round(len(queries) / passed, 1),
        }
    return found


def ours(root: Path, texts: Path, documents: int, queries: list[str]) -> dict[str, Any]:
    with measured() as building:
        index = build_text_index(root, Synthetic(texts, "1"))
    with measured() as asking:
        asked = latencies(lambda query: index.search(query, "en", TOP), queries)
    with measured() as updating:
        build_text_index(root, Synthetic(texts, "2"))
    return {
        "documents_per_second": round(documents / building.seconds),
        "build_peak_mib": round(building.peak_mib),
        "disk_mib": mib(Path(index.path)),
        "search_peak_mib": round(asking.peak_mib),
        **asked,
        "update": {
            "changed": len(range(0, documents, CHANGED)),
            "seconds": round(updating.seconds, 1),
            "peak_mib": round(updating.peak_mib),
        },
    }


def fts5(root: Path, texts: Path, documents: int, queries: list[str]) -> dict[str, Any]:
    path = root / "fts5.sqlite"
    with measured() as building, closing(sqlite3.connect(path)) as database:
        database.execute("CREATE VIRTUAL TABLE texts USING fts5(title, text, tokenize = 'porter unicode61')")
        with database:
            database.executemany("INSERT INTO texts VALUES (?, ?)", lines_of(texts))
    local = threading.local()

    def ask(query: str) -> Any:
        if not hasattr(local, "database"):
            local.database = sqlite3.connect(path)
        words = " OR ".join(f'"{word}"' for word in query.split())
        asked = "SELECT title, text FROM texts WHERE texts MATCH ? ORDER BY bm25(texts, 2.0, 1.0) LIMIT ?"
        return local.database.execute(asked, (words, TOP)).fetchall()

    with measured() as asking:
        asked = latencies(ask, queries)
    return {
        "documents_per_second": round(documents / building.seconds),
        "build_peak_mib": round(building.peak_mib),
        "disk_mib": mib(path),
        "search_peak_mib": round(asking.peak_mib),
        "queries": len(queries),
        **asked,
    }


def pictures(root: Path, count: int, dim: int, asked: int) -> dict[str, Any]:
    """Features of `count` pictures: built, asked, and held against brute force."""
    points, queries = _points(count, dim, asked)
    ids = sorted((int(digest(str(number))[:16], 16), number) for number in range(count))
    folder = root / "features"
    folder.mkdir()
    with measured() as building:
        vectors.build(
            folder,
            ((one, str(number)) for one, number in ids),
            lambda number: points[int(number)].tobytes(),
            lambda encoded: [np.frombuffer(data, np.float32) for data in encoded],
            dim,
            None,
        )
    with measured() as asking:
        graph = latencies(lambda query: vectors.search(folder, query, TOP), list(queries))
    number_of = dict(ids)
    found = [{number_of[hit.id] for hit in vectors.search(folder, query, TOP)} for query in queries]

    def brute(query: Any) -> list[int]:
        return np.argpartition(-(points @ query), TOP)[:TOP].tolist()

    true = [set(brute(query)) for query in queries]
    recall = sum(len(one & other) for one, other in zip(found, true, strict=True)) / (TOP * len(queries))
    return {
        "vectors": count,
        "dim": dim,
        "vectors_per_second": round(count / building.seconds),
        "build_peak_mib": round(building.peak_mib),
        "disk_mib": mib(folder),
        "search_peak_mib": round(asking.peak_mib),
        f"recall_at_{TOP}": round(recall, 4),
        **graph,
        "numpy brute force": {
            "memory_mib": round(points.nbytes / 2**20),
            **latencies(brute, list(queries), (1,)),
        },
    }


def _points(count: int, dim: int, asked: int) -> tuple[Any, Any]:
    random = np.random.default_rng(8)
    centres = _unit(random.standard_normal((CENTRES, dim), np.float32))
    around = random.integers(0, CENTRES, count + asked)
    points = np.empty((count + asked, dim), np.float32)
    for first in range(0, count + asked, CHUNK):
        chosen = centres[around[first : first + CHUNK]]
        noise = _unit(random.standard_normal(chosen.shape, np.float32))
        points[first : first + CHUNK] = _unit(chosen + SPREAD * noise)
    return points[:count], points[count:]


def _unit(rows: Any) -> Any:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def mib(path: Path) -> int:
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return round(sum(one.stat().st_size for one in files) / 2**20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=2000)
    parser.add_argument("--baseline-queries", type=int, default=200, help="FTS5 reads whole posting lists.")
    parser.add_argument("--vectors", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--at", type=Path, help="A folder with room: 3 KB a document; default: temporary.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.at) as folder:
        root = Path(folder)
        texts = root / "texts.tsv"
        write_texts(texts, given.documents)
        queries = queries_of(texts, given.queries, given.documents)
        figures = {
            "documents": given.documents,
            "texts_mib": mib(texts),
            "clients_are": "threads",
            "features": pictures(root, given.vectors, given.dim, 500),
            "tantivy": ours(root, texts, given.documents, queries),
            "sqlite fts5": fts5(root, texts, given.documents, queries[: given.baseline_queries]),
        }
    report("search", figures)


if __name__ == "__main__":
    main()
