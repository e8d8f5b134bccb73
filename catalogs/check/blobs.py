"""Blobs: each one is what its name says, and none is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from catalogs.check.problem import Problem, at_once, doubted
from catalogs.digests import sha256_of
from catalogs.files import TEMPORARY

FOLDER = "blobs"
_NAME = re.compile(r"[0-9a-f]{64}")
_WHY = "the results that put it there are computed anew, the same bytes where the stage gives the same again"


def check_blobs(out: Path, pictures: Mapping[str, list[str]]) -> Iterator[Problem]:
    """`pictures`: the SHA-256 of each blob that there must be -> what to delete to have it made anew.

    A blob that no result names is no problem: `tracemill gc` takes it.
    """
    root = out / FOLDER
    held: set[str] = set()
    for here, problems in at_once(
        lambda folder: _check_folder(out, folder, pictures), sorted(root.glob("*"))
    ):
        held |= here
        yield from problems
    for name in sorted(pictures.keys() - held):
        file = f"{FOLDER}/{name[:2]}/{name}"
        yield doubted(file, "missing", *pictures[name], itself=False, why=_WHY)


def _check_folder(
    out: Path, folder: Path, pictures: Mapping[str, list[str]]
) -> tuple[set[str], list[Problem]]:
    """One of the 256 folders: names that are there, damaged ones included, and problems."""
    held, problems = set(), []
    for path in sorted(folder.iterdir()) if folder.is_dir() else [folder]:
        if path.name.startswith(TEMPORARY):
            continue
        file = path.relative_to(out).as_posix()
        if not _NAME.fullmatch(path.name) or path.parent.name != path.name[:2] or not path.is_file():
            remedy = "move it out of the output folder"
            problems.append(Problem(file=file, what="is no blob", remedy=remedy, delete=[file]))
            continue
        held.add(path.name)
        if sha256_of(path) != path.name:
            others = pictures.get(path.name, [])
            problems.append(doubted(file, "its SHA-256 is not its name", *others, why=_WHY))
    return held, problems
