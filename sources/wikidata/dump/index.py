"""From a dump to an index of its items: read once, by all processors, and gone on with where it was left.

    wikidata-<content>/parts/000123.zst    extracts of one piece of the dump, a line each, after its summary
    wikidata-<content>/items-<table>.sqlite    the items that have a category, by number

A part is written as a whole, so a kill costs the pieces that were being read. The parts stay: another table
of classes makes another index out of them, without reading the dump again.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import msgspec

from catalogs.categories import UNCATEGORISED
from catalogs.digests import digest, encode
from catalogs.files import replacing, storing, write_bytes
from sources.errors import NotADumpError
from sources.wikidata.classes import decide, table, table_revision
from sources.wikidata.dump.closure import Edges, closure
from sources.wikidata.dump.decoding import Extract, extract
from sources.wikidata.dump.reading import Piece, content_revision, pieces

CODE_VERSION = "1"
"""Raised whenever the same dump gives other items."""

_WHOLE = "whole.json"
"""Written when every piece has its part: how many there are."""


class Summary(msgspec.Struct):
    """The first line of a part: what the whole needs to know of it."""

    counts: dict[str, int]
    """``read``, ``kept``, and why others were passed over (`reason_to_pass`)."""
    edges: list[tuple[int, int]]
    """Subclass, class."""
    codes: dict[int, str]
    """Country -> ISO 3166-1 code."""


def reason_to_pass(item: Extract) -> str:
    """Why an item can be no entity whatever the table of classes says; empty where it may be one."""
    if not item.labels:
        return "no-label"
    if not item.classes:
        return "no-class"
    if not item.pictures and not item.sitelinks:
        return "no-picture-no-page"
    return ""


def build_items(dump: Path, root: Path, processes: int = 0) -> Path:
    """The index of a dump under `root`, made unless it is there; `processes` of 0 are as many as processors.

    Raises `DumpError`, and `StorageError` where the disk refuses.
    """
    folder = root / f"wikidata-{revision_of(dump)}"
    index = folder / f"items-{table_revision()}.sqlite"
    if not index.exists():
        parts = folder / "parts"
        with storing(folder):
            if not (parts / _WHOLE).exists():
                _write_parts(dump, parts, processes or len(os.sched_getaffinity(0)))
            _write_index(parts, index)
    return index


def revision_of(dump: Path) -> str:
    return digest(f"{CODE_VERSION}/{content_revision(dump)}")[:12]


def _write_parts(dump: Path, parts: Path, processes: int) -> None:
    """Every piece that has no part yet; at most two a process are held at a time."""
    done = frozenset(int(path.stem) for path in _parts_in(parts))
    last = max(done, default=-1)
    if processes == 1:
        for piece in pieces(dump, done):
            last = max(last, write_part(piece, parts))
    else:
        # Spawned, not forked: the caller may have threads.
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            held: set[Future[int]] = set()
            for piece in pieces(dump, done):
                held.add(pool.submit(write_part, piece, parts))
                if len(held) == 2 * processes:
                    ready, held = wait(held, return_when=FIRST_COMPLETED)
                    last = max(last, *(one.result() for one in ready))
            last = max([last, *(one.result() for one in held)])
    write_bytes(parts / _WHOLE, encode({"parts": last + 1}))


def _parts_in(folder: Path) -> list[Path]:
    """In their order; what a kill has left half written is none."""
    return sorted(folder.glob("[!.]*.zst"))


def write_part(piece: Piece, parts: Path) -> int:
    """Extract a piece into its part; returns its number."""
    import pyarrow as pa

    counts: Counter[str] = Counter()
    summary = Summary({}, [], {})
    kept: list[bytes] = []
    for line in piece.lines():
        try:
            item = extract(line)
        except msgspec.DecodeError:
            counts["unreadable"] += 1
            continue
        if item is None:
            continue
        counts["read"] += 1
        summary.edges += [(item.qid, parent) for parent in item.parents]
        if item.code:
            summary.codes[item.qid] = item.code
        reason = reason_to_pass(item)
        counts[reason or "kept"] += 1
        if not reason:
            kept.append(msgspec.json.encode(item))
    summary.counts = dict(counts)
    with (
        replacing(parts / f"{piece.number:06d}.zst") as path,
        pa.CompressedOutputStream(pa.OSFile(str(path), "wb"), "zstd") as out,
    ):
        out.write(b"\n".join([msgspec.json.encode(summary), *kept]))
    return piece.number


def _read_part(path: Path) -> tuple[Summary, Iterator[Extract]]:
    import pyarrow as pa

    with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
        first, *lines = bytes(stream.read()).split(b"\n")
    decoder = msgspec.json.Decoder(Extract)
    return msgspec.json.decode(first, type=Summary), (decoder.decode(line) for line in lines)


def _write_index(parts: Path, index: Path) -> None:
    """Two passes over the parts: the first for the classes, the second for the items that fall under them."""
    import numpy as np

    files = _parts_in(parts)
    edges: list[Edges] = []
    codes: dict[int, str] = {}
    passed_over: Counter[str] = Counter()
    for path in files:
        summary, _ = _read_part(path)
        edges.append(np.array(summary.edges, dtype=np.int64).reshape(-1, 2))
        codes.update(summary.codes)
        passed_over.update(summary.counts)
    if not passed_over.pop("read", 0):
        raise NotADumpError(
            "no line of the dump is an item: give a JSON dump of Wikidata, e.g. latest-all.json.bz2"
        )
    del passed_over["kept"]
    rows = table()
    under = closure(np.concatenate(edges), [int(row.qid[1:]) for row in rows])

    def items(path: Path) -> Iterator[tuple[int, str, str, str, str, bytes]]:
        for item in _read_part(path)[1]:
            bits = 0
            for one in item.classes:
                bits |= under.get(one, 0)
            category = decide(row.qid for place, row in enumerate(rows) if bits >> place & 1)
            if category.domain == UNCATEGORISED:
                passed_over["no-category"] += 1
                continue
            country = next((codes[one] for one in item.countries if one in codes), "")
            if not country and item.countries:
                country = f"Q{item.countries[0]}"
            document = zlib.compress(msgspec.json.encode(item))
            conflicts = msgspec.json.encode(category.conflicts).decode()
            yield item.qid, category.domain, category.rule, conflicts, country, document

    with replacing(index) as temporary, closing(sqlite3.connect(temporary)) as database:
        database.execute("PRAGMA journal_mode = OFF")  # what is cut short is thrown away as a whole
        database.execute("PRAGMA synchronous = OFF")
        database.execute(
            "CREATE TABLE items (qid INTEGER PRIMARY KEY, domain TEXT, rule TEXT, conflicts TEXT, "
            "country TEXT, document BLOB)"
        )
        for path in files:
            database.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?)", items(path))
        database.execute("CREATE TABLE passed_over (reason TEXT PRIMARY KEY, items INTEGER)")
        database.executemany("INSERT INTO passed_over VALUES (?, ?)", sorted(passed_over.items()))
        database.commit()


class Row(msgspec.Struct, frozen=True):
    """An item of the index."""

    item: Extract
    domain: str
    rule: str
    conflicts: tuple[str, ...]
    country: str


class Items:
    """Reading access to an index. Process-local: pass the path between processes, not this."""

    def __init__(self, index: str) -> None:
        uri = f"{Path(index).absolute().as_uri()}?mode=ro&immutable=1"
        self._database = sqlite3.connect(uri, uri=True, check_same_thread=False)

    def __iter__(self) -> Iterator[Row]:
        """All items by number."""
        for row in self._database.execute("SELECT * FROM items ORDER BY qid"):
            yield _row(row)

    def get(self, qid: int) -> Row | None:
        row = self._database.execute("SELECT * FROM items WHERE qid = ?", (qid,)).fetchone()
        return _row(row) if row else None

    def passed_over(self) -> dict[str, int]:
        """Items of the dump that are not in the index, by reason."""
        return dict(self._database.execute("SELECT reason, items FROM passed_over ORDER BY reason"))


_extract = msgspec.json.Decoder(Extract)


def _row(row: tuple[int, str, str, str, str, bytes]) -> Row:
    _, domain, rule, conflicts, country, document = row
    others = msgspec.json.decode(conflicts, type=tuple[str, ...])
    return Row(_extract.decode(zlib.decompress(document)), domain, rule, others, country)
