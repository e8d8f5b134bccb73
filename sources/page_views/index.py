"""Views of every article, by its id: built once from page view files, and looked up where it lies."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from catalogs.digests import digest, entity_id
from catalogs.files import TEMPORARY, replacing
from catalogs.records import EntityRef, Language
from sources.entities.identity import tokens_of
from sources.page_views.reading import ViewFile, counts, view_files
from sources.search.folder import published
from sources.wikidata.wikis import code_of

if TYPE_CHECKING:
    import duckdb

CODE_VERSION = "2"
"""Raised whenever the same files give other counts."""

_DAYS = 30
"""Days that views are told for, whatever the files cover: as `EntityRef.page_views`, and as the live API
tells them."""
_BATCH = 1_000_000
"""Lines held in memory: 16 MB, and as much again on their way to DuckDB."""
_TAIL = 64
"""Bytes: a gz file ends with CRC-32 and length, a bz2 stream with the checksum of its blocks."""
_MEMORY = "1GB"
"""Of DuckDB, which sorts on disk what is more."""


@dataclass(frozen=True)
class PageViews:
    """Views in the Wikipedias of `languages`, in `folder`. Made by `build_page_views`."""

    folder: str
    languages: tuple[Language, ...]
    revision: str

    def of(self, ref: EntityRef, redirects: Iterable[str] = ()) -> int | None:
        """Of all articles of an entity over thirty days; None where it has none in these languages.

        `redirects` are ids of the titles that lead to them: who follows one has read the article, and is
        counted under the title that he asked for.
        """
        table = _opened(self.folder)
        tokens = dict.fromkeys((*tokens_of(ref), *redirects))
        found = [views for token in tokens if (views := table.get(token)) is not None]
        has_article = any(f"{code_of(language)}wiki" in ref.identifiers for language in self.languages)
        return table.in_days(sum(found)) if found or has_article else None


def build_page_views(path: Path, languages: Sequence[Language], root: Path) -> PageViews:
    """The index of the files at `path` under `root`, built unless it is there. What was read of a file is
    kept, so that another day is read alone, and a killed build goes on with the file that was missing.

    Raises `PageViewsError`, `StorageError`.
    """
    files = view_files(path)
    asked = tuple(sorted(set(languages)))
    parts = {file: _part_name(file, asked) for file in files}
    revision = digest("/".join((CODE_VERSION, *parts.values())))[:12]

    def build(folder: Path, _previous: Path | None) -> str:
        made = [_part(root / "pageviews-parts" / name, file, asked) for file, name in parts.items()]
        _write(folder, made, sum(len(file.hours) for file in files))
        return revision

    folder = root / f"pageviews-{revision}"
    published(folder, "pageviews", build)
    return PageViews(str(folder), asked, revision)


def _part_name(file: ViewFile, languages: Sequence[Language]) -> str:
    """From the name, the size and the last bytes, which in both formats hold a checksum of all before."""
    size = file.path.stat().st_size
    with file.path.open("rb") as opened:
        opened.seek(max(0, size - _TAIL))
        end = digest(opened.read())
    return f"{digest('/'.join((CODE_VERSION, *languages, file.path.name, str(size), end)))[:16]}.parquet"


def _part(path: Path, file: ViewFile, languages: Sequence[Language]) -> Path:
    """What one file counts: id of the article, views; sorted, each id once."""
    if not path.exists():
        with replacing(path) as temporary, _sorter(path.parent) as database:
            database.execute("CREATE TABLE lines (token UBIGINT, views BIGINT)")
            tokens, views = array("Q"), array("q")
            for language, title, count in counts(file, languages):
                tokens.append(int(entity_id(f"wikipedia:{code_of(language)}:{title}"), 16))
                views.append(count)
                if len(tokens) == _BATCH:
                    _insert(database, tokens, views)
                    tokens, views = array("Q"), array("q")
            _insert(database, tokens, views)
            database.execute(
                f"COPY (SELECT token, sum(views)::BIGINT AS views FROM lines GROUP BY token ORDER BY token) "
                f"TO {_literal(temporary)} (FORMAT parquet, COMPRESSION zstd)"
            )
    return path


def _insert(database: duckdb.DuckDBPyConnection, tokens: array[int], views: array[int]) -> None:
    import pyarrow as pa

    if tokens:
        columns = [np.frombuffer(tokens, np.uint64), np.frombuffer(views, np.int64)]
        database.register("batch", pa.table(columns, names=["token", "views"]))
        database.execute("INSERT INTO lines FROM batch")
        database.unregister("batch")


def _write(folder: Path, parts: Sequence[Path], hours: int) -> None:
    """The sums of all files as two arrays, written piece by piece."""
    listed = ", ".join(_literal(part) for part in parts)
    with _sorter(folder.parent) as database:
        database.execute(
            "CREATE TABLE sums AS SELECT token, sum(views)::BIGINT AS views "
            f"FROM read_parquet([{listed}]) GROUP BY token"
        )
        (size,) = database.execute("SELECT count(*) FROM sums").fetchall()[0]
        tokens = np.lib.format.open_memmap(folder / "tokens.npy", "w+", np.uint64, (size,))
        views = np.lib.format.open_memmap(folder / "views.npy", "w+", np.int64, (size,))
        start = 0
        found = database.sql("SELECT token, views FROM sums ORDER BY token")
        assert found is not None, "a query has an answer"
        for batch in found.to_arrow_reader(_BATCH):
            tokens[start : start + len(batch)] = batch["token"].to_numpy()
            views[start : start + len(batch)] = batch["views"].to_numpy()
            start += len(batch)
        tokens.flush()
        views.flush()
    np.save(folder / "hours.npy", np.array([hours]))


@contextmanager
def _sorter(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database whose tables go to a scratch folder in `folder` where memory does not suffice."""
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=folder) as scratch,
        duckdb.connect(str(Path(scratch) / "sorting.duckdb")) as database,
    ):
        database.execute(f"SET memory_limit = '{_MEMORY}'")
        yield database


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


class _Opened:
    def __init__(self, folder: Path) -> None:
        self._tokens: npt.NDArray[np.uint64] = np.load(folder / "tokens.npy", mmap_mode="r")
        self._views: npt.NDArray[np.int64] = np.load(folder / "views.npy", mmap_mode="r")
        self._hours = int(np.load(folder / "hours.npy")[0])

    def get(self, article: str) -> int | None:
        """Views of an article by its id; None for one that nobody has read, or that is counted nowhere."""
        token = np.uint64(int(article, 16))
        at = int(np.searchsorted(self._tokens, token))
        is_known = at < len(self._tokens) and self._tokens[at] == token
        return int(self._views[at]) if is_known else None

    def in_days(self, views: int) -> int:
        """What is counted over all files, as of `_DAYS` days; halves are rounded up."""
        return (2 * views * _DAYS * 24 + self._hours) // (2 * self._hours)


@lru_cache(maxsize=4)
def _opened(folder: str) -> _Opened:
    return _Opened(Path(folder))
