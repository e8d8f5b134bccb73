"""External lists to compare with: files with a prompt column, and folders of pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalogs.digests import entity_id
from catalogs.errors import SplitError
from catalogs.leaks.records import Collection, Item
from catalogs.records import Entity, Name

PROMPTS = ("image_prompt", "prompt", "caption", "instruction", "question", "text", "input")
"""Columns that hold a prompt, compared without case, the first that is there: FactIP; WISE, Gen-Searcher and
KnowGen; UAE; GenEval++; OpenSearch-VL; others."""
NAMES = ("ip_name", "entity", "subject", "title", "name")
KEYS = ("index", "id", "key", "prompt_id", "sample_id", "ip_index")
LANGUAGES = ("language", "lang")
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


def read_external(path: Path) -> Collection:
    """A list or folder under its own name; raises `SplitError` with what is understood.

    A JSON file holds a list of rows, a mapping of keys to rows (as FactIP's ``test.json``), or one such list
    beside other things; rows may be plain texts. A folder is searched through for
    pictures; texts in it are not read.
    """
    if path.is_dir():
        return _folder(path)
    try:
        rows = _rows(path)
    except (OSError, ValueError, _polars_errors()) as error:
        raise SplitError(
            f"{path} cannot be read ({error}): give JSON, JSONL, CSV, Parquet or a folder"
        ) from error
    return _list(path, rows)


def _rows(path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    import polars as pl

    match path.suffix.lower():
        case ".json":
            pairs = _documents(json.loads(path.read_text(encoding="utf-8-sig")))
        case ".jsonl" | ".ndjson":
            lines = path.read_text(encoding="utf-8-sig").split("\n")
            pairs = [(str(number), json.loads(line)) for number, line in enumerate(lines) if line.strip()]
        case ".csv":
            pairs = list(_numbered(pl.read_csv(path, infer_schema=False)))
        case ".parquet":
            table = pl.scan_parquet(path, glob=False)
            wanted = [name for name in table.collect_schema().names() if _known(name)]
            pairs = list(_numbered(table.select(wanted).collect()))
        case _:
            raise ValueError(f"the ending {path.suffix or '(none)'} is not known")
    return [(key, value if isinstance(value, dict) else {"prompt": value}) for key, value in pairs]


def _documents(held: Any) -> list[tuple[str, Any]]:
    """The rows of a JSON document; raises ValueError where it is not clear which they are."""
    if isinstance(held, list):
        return [(str(number), value) for number, value in enumerate(held)]
    values = held.values() if isinstance(held, dict) else ()
    if values and all(isinstance(value, dict | str) for value in values):
        return [(str(key), value) for key, value in held.items()]
    lists = [str(key) for key in held if isinstance(held[key], list)] if isinstance(held, dict) else []
    if len(lists) == 1:
        return _documents(held[lists[0]])
    raise ValueError(
        f"several lists of rows ({', '.join(lists)}): give one a file"
        if lists
        else "neither a list of rows nor a mapping of keys to rows"
    )


def _list(path: Path, rows: list[tuple[str, Mapping[str, Any]]]) -> Collection:
    items, entities = [], {}
    for number, row in rows:
        prompt, language, name = _first(row, PROMPTS), _first(row, LANGUAGES), _first(row, NAMES)
        about = entity_id(f"external:{path.name}:{name}") if name else ""
        if name:
            entities[about] = Entity(
                entity_id=about,
                title=name,
                domain="",
                category_rule="external",
                names=[Name(language=language, title=name, noun=name)],
                articles=[],
            )
        if prompt:
            items.append(
                Item(key=_first(row, KEYS) or number, prompt=prompt, language=language, entity_id=about)
            )
    if rows and not items:
        raise SplitError(f"{path} has no column with prompts: name it one of {', '.join(PROMPTS)}")
    return Collection(name=path.name, items=items, entities=entities)


def _folder(path: Path) -> Collection:
    found = sorted(
        file.relative_to(path).as_posix() for file in path.rglob("*") if file.suffix.lower() in PICTURES
    )
    if not found:
        raise SplitError(f"{path} holds no picture: give a folder with {', '.join(sorted(PICTURES))} files")
    return Collection(name=path.name, pictures=found, load=lambda name: (path / name).read_bytes())


def _numbered(table: Any) -> Any:
    return ((str(number), row) for number, row in enumerate(table.iter_rows(named=True)))


def _known(column: str) -> bool:
    return column.casefold() in {*PROMPTS, *NAMES, *KEYS, *LANGUAGES}


def _first(row: Mapping[str, Any], columns: tuple[str, ...]) -> str:
    """The value of the first of the columns that is there and not empty, as text."""
    given = {str(name).casefold(): value for name, value in row.items()}
    return next((str(given[c]) for c in columns if isinstance(given.get(c), str | int) and str(given[c])), "")


def _polars_errors() -> type[Exception]:
    from polars.exceptions import PolarsError

    return PolarsError
