"""Checking an export: the files are those that were written, and the target would take every sample whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catalogs.digests import digest_of, sha256_of
from catalogs.exports.errors import ExportError
from catalogs.exports.formats import format_of
from catalogs.exports.interface import Problem
from catalogs.exports.parts import HOME, Journal
from catalogs.exports.writer import INDEX, Index, read_index

MOST = 1000
"""Problems that are listed: more of them have one cause."""


def check_export(to: Path) -> list[Problem]:
    """All problems of an export, at most `MOST`; none where it is sound. Raises `ExportError` for no
    export."""
    index = read_index(to)
    problems: list[Problem] = []
    for problem in _problems(to, index):
        problems.append(problem)
        if len(problems) == MOST:
            break
    return problems


def _problems(to: Path, index: Index) -> Iterator[Problem]:
    form = format_of(index.format, index.settings.split)
    yield from _check_files(to, index)
    taken = 0
    try:
        for outcome in form.check(to, index.settings):
            if isinstance(outcome, Problem):
                yield outcome
            else:
                taken += 1
    except (ExportError, OSError, KeyError, TypeError, ValueError) as error:
        yield Problem(file=".", what=f"the target would stop here: {error!r}")
    if taken != index.samples:
        yield Problem(file=INDEX, what=f"the target takes {taken} samples of {index.samples}")


def _check_files(to: Path, index: Index) -> Iterator[Problem]:
    expected = dict(index.files)
    journal = Journal(to)
    if sorted(journal.names()) != [part.name for part in index.parts]:
        yield Problem(file=HOME, what="the journal has other parts than the index: run the export again")
    for part in index.parts:
        record = journal.find(part.name)
        if record is None or digest_of(record.files) != part.digest:
            yield Problem(file=f"{HOME}/parts/{part.name}.json", what="missing or damaged")
            continue
        yield from _compare(to, record.files)
    yield from _compare(to, expected)


def _compare(to: Path, files: dict[str, str]) -> Iterator[Problem]:
    for file, digest in files.items():
        path = to / file
        if not path.is_file():
            yield Problem(file=file, what="missing: run the export again")
        elif sha256_of(path) != digest:
            yield Problem(
                file=file, what="not the bytes that were written: delete it and run the export again"
            )
