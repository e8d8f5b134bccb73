"""Index folders of earlier revisions, or of searches that a profile no longer asks for.

A folder below ``index/`` is kept while anything of the opened source names it, and so is all that is not
known to be made anew from a source: answers of live services, galleries, features, files of others. What is
at work is left alone, whoever works on it.
"""

from __future__ import annotations

import dataclasses
import fcntl
import re
from collections.abc import Iterator
from pathlib import Path

from sources.interface import World

_PUBLISHED = re.compile(r"(text|pictures|vectors|links)-[0-9a-f]{12}")
"""Made by `sources.search.folder.published`, under the same name behind a dot until they are whole."""
_LAST = {"dump": "entities.parquet", "wikidata": "items-*.sqlite"}
"""Kind of a folder that grows in its place -> the file that is written last."""


def stale_indexes(index: Path, world: World) -> list[Path]:
    """Folders that can go, by name. `world` is the source with its own search, and with its links if any."""
    named = set(_named_below(index, world))
    return [
        path
        for path in sorted(index.glob("*"))
        if path.is_dir() and path.name.removeprefix(".") not in named and _is_at_rest(path)
    ]


def _is_at_rest(path: Path) -> bool:
    """Whether it is an index, and nobody is building it."""
    kind, _, revision = path.name.partition("-")
    if kind in _LAST:
        return re.fullmatch("[0-9a-f]{12}", revision) is not None and any(path.glob(_LAST[kind]))
    if not _PUBLISHED.fullmatch(path.name.removeprefix(".")):
        return False
    return not path.name.startswith(".") or _is_free(path.with_name(f"{path.name}.lock"))


def _is_free(lock: Path) -> bool:
    if not lock.exists():
        return True
    with lock.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def _named_below(root: Path, thing: object) -> Iterator[str]:
    """First part, below `root`, of every path that stands in a thing or in what it is made of."""
    if isinstance(thing, str | Path):
        path = Path(thing)
        if path.is_absolute() and path.is_relative_to(root) and path != root:
            yield path.relative_to(root).parts[0]
    elif isinstance(thing, tuple):
        for one in thing:
            yield from _named_below(root, one)
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        for field in dataclasses.fields(thing):
            yield from _named_below(root, getattr(thing, field.name))
