"""Page view files of dumps.wikimedia.org: which a path names, what each covers, and what each line counts.

other/pageview_complete/monthly/   pageviews-202604-user.bz2      en.wikipedia Tiger 30075 desktop 42 A1B41
other/pageview_complete/           pageviews-20260401-user.bz2    the same of one day, by hours
other/pageviews/                   pageviews-20260401-130000.gz   en.m Tiger 17 0

A line of the first two is wiki, title, page id (or ``null``), access, total, and the total by day or hour. A
line of the last is domain, title, views, and a zero that once was bytes; ``en`` is the English Wikipedia on a
desktop, ``en.m`` on a phone. Files of machines (``-automated``, ``-spider``) are left out.
"""

from __future__ import annotations

import bz2
import gzip
import re
import zlib
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from catalogs.records import Language
from sources.errors import SourceError
from sources.wikidata.wikis import code_of

_COMPLETE = re.compile(r"pageviews-(\d{4})(\d\d)(\d\d)?-user\.bz2")
_HOURLY = re.compile(r"pageviews-(\d{4})(\d\d)(\d\d)-(\d\d)0000\.gz")
_BROKEN = (OSError, EOFError, zlib.error)


class PageViewsError(SourceError):
    """Page views cannot be read; says which files to fetch."""


class ViewFile(NamedTuple):
    """One file, and the hours that it counts, numbered from the year 1."""

    path: Path
    hours: range

    @property
    def is_hourly(self) -> bool:
        return self.path.suffix == ".gz"


def view_files(path: Path) -> list[ViewFile]:
    """The files that a path names, by time. Raises `PageViewsError`, also where two count the same hour."""
    listed = sorted(path.iterdir()) if path.is_dir() else [path]
    files = [ViewFile(one, hours) for one in listed if (hours := _hours(one.name)) is not None]
    if not files or not all(file.path.is_file() for file in files):
        raise PageViewsError(
            f"{path} holds no page views: fetch pageviews-YYYYMM-user.bz2 or pageviews-YYYYMMDD-user.bz2 "
            "from dumps.wikimedia.org/other/pageview_complete, or hourly files (.gz) from other/pageviews; "
            "and keep their names"
        )
    files.sort(key=lambda file: (file.hours.start, file.hours.stop))
    for before, after in pairwise(files):
        if after.hours.start < before.hours.stop:
            raise PageViewsError(
                f"{before.path.name} and {after.path.name} count the same hours: keep one of them in {path}"
            )
    return files


def _hours(name: str) -> range | None:
    try:
        if found := _HOURLY.fullmatch(name):
            year, month, day, hour = map(int, found.groups())
            start = date(year, month, day).toordinal() * 24 + hour
            return range(start, start + 1)
        if found := _COMPLETE.fullmatch(name):
            year, month, day = (int(part or 0) for part in found.groups())
            start = date(year, month, day or 1).toordinal() * 24
            return range(start, start + 24 * (1 if day else monthrange(year, month)[1]))
    except ValueError:  # no such day
        return None
    return None


def counts(file: ViewFile, languages: Sequence[Language]) -> Iterator[tuple[Language, str, int]]:
    """(language, title as its wiki writes it, views) of the Wikipedias of some languages; a title may come
    up more than once. Raises `PageViewsError` for a file that is cut, or that holds no line of theirs."""
    known = _codes(languages, hourly=file.is_hourly)
    least, place = (4, 2) if file.is_hourly else (5, -2)
    is_empty = True
    try:
        with (gzip.open if file.is_hourly else bz2.open)(file.path, "rb") as lines:
            for line in lines:
                language = known.get(line[: line.find(b" ")])
                if language is None:
                    continue
                fields = line.split()
                if len(fields) >= least and fields[place].isdigit():
                    is_empty = False
                    yield language, _title(fields[1]), int(fields[place])
    except _BROKEN as error:
        raise PageViewsError(
            f"{file.path} is damaged or cut ({error}): compare its size and fetch it again"
        ) from error
    if is_empty:
        raise PageViewsError(
            f"{file.path} counts no page of the Wikipedias in {', '.join(languages)}: fetch it again, or "
            "leave it out"
        )


def _codes(languages: Sequence[Language], *, hourly: bool) -> dict[bytes, Language]:
    """How lines name the Wikipedias."""
    ends = ("", ".m", ".zero") if hourly else (".wikipedia",)
    return {f"{code_of(one)}{end}".encode(): one for one in languages for end in ends}


def _title(written: bytes) -> str:
    """As requests write it: with underscores, and at times a small letter, which is the same to a wiki."""
    title = written.decode("utf-8", "replace").replace("_", " ")
    return title[:1].upper() + title[1:]
