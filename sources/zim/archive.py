"""A ZIM archive as paths, titles and bytes, whichever of the two path schemes it uses.

Archives before 2021 put articles under ``A/`` and pictures under ``I/``; newer ones have one namespace, and
tell an article by its media type alone.
"""

from __future__ import annotations

import posixpath
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import numpy.typing as npt

from sources.errors import ArchiveError, MissingPackageError
from sources.zim.parts import checksum_of, whole_path

Numbers = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Article:
    """Where an article lies, and the title that the archive files it under."""

    path: str
    title: str


@lru_cache(maxsize=4)
def open_archive(path: str) -> OpenArchive:
    """An archive, opened once a process; raises `ArchiveError`, `MissingPackageError`."""
    checksum_of(Path(path))
    try:
        from libzim.reader import Archive
    except ImportError:
        raise MissingPackageError(
            "ZIM archives need the package libzim; install it with: pip install libzim"
        ) from None
    try:
        return OpenArchive(Archive(whole_path(Path(path))))
    except RuntimeError as problem:
        raise ArchiveError(
            f"{path} is damaged ({problem}); compare its checksum and download it again"
        ) from problem


class OpenArchive:
    """Reading access to one archive. Process-local: pass the path between processes, not this."""

    def __init__(self, archive: Any) -> None:
        self._archive = archive
        self._prefix = "" if archive.has_new_namespace_scheme else "A/"
        self.uuid = str(archive.uuid)

    def metadata(self, key: str) -> str:
        """A metadata text such as ``Date``; empty where the archive has none."""
        if key not in self._archive.metadata_keys:
            return ""
        return bytes(self._archive.get_metadata(key)).decode("utf-8", "replace").strip()

    @property
    def count(self) -> int:
        """Articles, as the archive counts them: known without a pass over it."""
        return int(self._archive.article_count)

    @property
    def entry_count(self) -> int:
        """Entries of the directory: articles, redirects, and in old archives pictures."""
        return int(self._archive.entry_count)

    def articles(self, start: int = 0, end: int | None = None) -> Iterator[Article]:
        """Articles in the order of their paths, or those among the entries from `start` to before `end`."""
        for entry in self._entries(start, self.entry_count if end is None else end):
            if not entry.is_redirect and str(entry.get_item().mimetype).startswith("text/html"):
                yield Article(str(entry.path), str(entry.title))

    def redirects_to(self, path: str) -> list[str]:
        """Titles of the redirects that lead to the article at a path, each once, in the order of their
        paths."""
        if not self._archive.has_entry_by_path(path):
            return []
        goals, redirects = self._redirects
        goal = self._archive.get_entry_by_path(path)._index
        start, end = goals.searchsorted(goal, "left"), goals.searchsorted(goal, "right")
        found = (self._archive._get_entry_by_id(number) for number in redirects[start:end].tolist())
        return list(dict.fromkeys(str(entry.title) for entry in found))

    def read(self, path: str) -> bytes:
        """The bytes at a path, redirects followed; KeyError where there is nothing."""
        entry = _end_of(self._archive.get_entry_by_path(path))
        if entry.is_redirect:
            raise KeyError(path)  # a circle
        return bytes(entry.get_item().content)

    def article(self, path: str) -> Article | None:
        """The article at a path, redirects followed; None where there is none."""
        if not self._archive.has_entry_by_path(path):
            return None
        entry = _end_of(self._archive.get_entry_by_path(path))
        return Article(str(entry.path), str(entry.title))

    def article_of(self, title: str) -> Article | None:
        """The article that the archive files under a title, redirects followed; None where there is none."""
        if not self._archive.has_entry_by_title(title):
            return None
        entry = _end_of(self._archive.get_entry_by_title(title))
        return Article(str(entry.path), str(entry.title))

    def other_titles(self, title: str) -> list[str]:
        """Titles of the redirects that lead to the article of a title."""
        article = self.article_of(title)
        return self.redirects_to(article.path) if article else []

    @property
    def searchable(self) -> bool:
        """Whether the archive brings a full-text index that can be read. In a split one it cannot where a cut
        goes through it: Xapian maps one file."""
        return bool(self._archive.has_fulltext_index)

    def search(self, query: str, most: int) -> tuple[list[str], int]:
        """Paths of articles that have all words of a query, best first, at most `most`; and how many there
        are, as Xapian estimates."""
        from libzim.search import Query, Searcher

        found = Searcher(self._archive).search(Query().set_query(query))
        return [str(path) for path in found.getResults(0, most)], int(found.getEstimatedMatches())

    def title_of(self, path: str) -> str:
        """The title under which the entry at a path is filed; KeyError where there is none."""
        return str(self._archive.get_entry_by_path(path).title)

    def title_of_article(self, path: str) -> str:
        """The same, of an article alone: empty for pictures and redirects."""
        entry = self._archive.get_entry_by_path(path)
        is_article = not entry.is_redirect and str(entry.get_item().mimetype).startswith("text/html")
        return str(entry.title) if is_article and str(entry.path).startswith(self._prefix) else ""

    def resolve(self, base: str, reference: str) -> str | None:
        """The path of the entry that a reference in the page at `base` leads to, None outside the archive."""
        parts = urlsplit(reference)
        if parts.scheme or parts.netloc or not parts.path:
            return None
        # Old archives hold some names with their percent signs: try a reference decoded and as it stands.
        for name in (unquote(parts.path), parts.path):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(base), name)).lstrip("/")
            if self._archive.has_entry_by_path(path):
                return str(_end_of(self._archive.get_entry_by_path(path)).path)
        return None

    @cached_property
    def _redirects(self) -> tuple[Numbers, Numbers]:
        """Where each redirect leads, and its own number, by the former: 8 bytes a redirect. One pass over the
        directory."""
        goals, redirects = array("I"), array("I")
        for entry in self._entries(0, self.entry_count):
            if entry.is_redirect:
                goals.append(_end_of(entry)._index)
                redirects.append(entry._index)
        leads, own = np.array(goals, np.uint32), np.array(redirects, np.uint32)
        order = np.argsort(leads, kind="stable")
        return leads[order], own[order]

    def _entries(self, start: int, end: int) -> Iterator[Any]:
        """Entries in the order of their paths, articles' namespace only."""
        for number in range(start, end):
            # The binding has no public iteration; this is what its own documentation tells callers to use.
            entry = self._archive._get_entry_by_id(number)
            if str(entry.path).startswith(self._prefix):
                yield entry


def _end_of(entry: Any) -> Any:
    """Where a chain of redirects ends; chains that turn in a circle are cut."""
    for _ in range(8):
        if not entry.is_redirect:
            break
        entry = entry.get_redirect_entry()
    return entry
