"""Finding and reading the input files of benchmarks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from catalogs.categories import FACTIP
from catalogs.errors import CatalogError

PICTURE_TYPES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tiff")


class ScorerInputError(CatalogError):
    """An input of a scorer is missing or is not what it should be; the message says which and what to
    give."""


def read_json(path: Path) -> Any:
    """A JSON document, or a list of the lines of a ``.jsonl`` file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".jsonl":
            return [json.loads(row) for row in text.split("\n") if row.strip()]
        return json.loads(text)
    except FileNotFoundError:
        raise ScorerInputError(f"{path} is not there: give the path of an existing file") from None
    except (OSError, ValueError) as error:
        raise ScorerInputError(f"{path} cannot be read: {error}") from error


def read_rows(path: Path) -> list[dict[str, Any]]:
    """A JSON array of objects, or JSON lines."""
    rows = read_json(path)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ScorerInputError(f"{path} is no list of objects: give a JSON array or JSON lines")
    return rows


def first_existing(folder: Path, *names: str) -> Path:
    """The first of these files; raises `ScorerInputError` where none is there."""
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise ScorerInputError(f"{folder} holds no {' or '.join(names)}: give the folder of a split")


def find_picture(folder: Path, stem: str, types: Sequence[str] = PICTURE_TYPES) -> Path | None:
    """``stem`` with the first of `types` that is there."""
    return next((p for suffix in types if (p := folder / f"{stem}{suffix}").is_file()), None)


def subfolders(root: Path, category: str) -> Iterator[Path]:
    """The folder of a category under the names that are in use for it, then the root itself."""
    for name in dict.fromkeys((category, category.replace("/", "_"), category.replace("/", " "))):
        if name and (root / name).is_dir():
            yield root / name
    wanted = _plain(category)
    if root.is_dir():
        yield from (path for path in sorted(root.iterdir()) if path.is_dir() and _plain(path.name) == wanted)
    yield root


def category_of(name: str) -> tuple[str, str]:
    """Published name and group of a FactIP category however it is written: ``Animal_Plant`` is Animal/Plant.

    A name that is none of the twelve stands as it is, in the group ``Other``.
    """
    known = {_plain(published): (published, group) for published, group, _ in FACTIP.values()}
    return known.get(_plain(name), (name or "(none)", "Other"))


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
