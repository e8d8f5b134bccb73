"""All sources by name, and how to open one: ``sample``, ``zim:PATH``.

A new source is a module with an `Encyclopedia`, a text search and a picture search, and a line in `SOURCES`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sources.errors import UnknownSourceError
from sources.interface import World
from sources.sample_world.encyclopedia import SampleEncyclopedia
from sources.sample_world.web import SampleWeb
from sources.text_index import build_text_index
from sources.zim.archive import open_archive
from sources.zim.encyclopedia import ZimEncyclopedia
from sources.zim.pictures import build_picture_index


def open_world(spec: str, *, seed: int, index_root: Path) -> World:
    """Open a source; builds its indexes under `index_root` the first time.

    `spec` is a name of `SOURCES`, with an argument after a colon where the source takes one. `seed` is for
    worlds that are made up: it changes what the sample web holds. Raises `SourceError`.
    """
    name, _, argument = spec.partition(":")
    opener = SOURCES.get(name)
    if opener is None:
        raise UnknownSourceError(f"no source is called {name!r}; known are: {', '.join(SYNTAX)}")
    return opener(argument, seed, index_root)


def _open_sample(argument: str, seed: int, index_root: Path) -> World:
    if argument:
        raise UnknownSourceError(
            f"the source 'sample' takes no argument, and was given {argument!r}; write: sample"
        )
    encyclopedia = SampleEncyclopedia()
    return World("sample", encyclopedia, build_text_index(index_root, encyclopedia), SampleWeb(seed))


def _open_zim(argument: str, _seed: int, index_root: Path) -> World:
    if not argument:
        raise UnknownSourceError("the source 'zim' needs the path of an archive; write: zim:PATH")
    path = str(Path(argument).expanduser().absolute())
    open_archive(path)
    encyclopedia = ZimEncyclopedia(path)
    return World(
        name=f"zim:{Path(path).stem}",
        encyclopedia=encyclopedia,
        text_search=build_text_index(index_root, encyclopedia),
        image_search=build_picture_index(index_root, path),
    )


SOURCES: dict[str, Callable[[str, int, Path], World]] = {"sample": _open_sample, "zim": _open_zim}
"""Name -> opener (argument, seed, folder for indexes)."""

SYNTAX = ("sample", "zim:PATH")
"""How each source is written on the command line."""
