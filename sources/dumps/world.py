"""A dump, opened: ``dump:PATH``, or ``dump:PATH?pictures=FOLDER`` with pictures that lie beside it."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from sources.commons.search import CommonsImages
from sources.dumps.encyclopedia import DumpEncyclopedia
from sources.dumps.entities import write_entities
from sources.dumps.extract import Facts, extract, revision_of
from sources.dumps.files import dump_files
from sources.dumps.images import DumpPictures
from sources.dumps.pictures import Pictures
from sources.dumps.streams import RANGE_BYTES
from sources.errors import DumpMissingError, UnknownSourceError
from sources.interface import Opened
from sources.search.pictures import build_picture_index
from sources.text_index import build_text_index
from sources.wikidata.sites import Sites

_SHOWN = 5
"""Damages that are told in full."""


def open_dump(argument: str, index_root: Path, sites: Sites, size: int = RANGE_BYTES) -> Opened:
    """Extract a dump under `index_root`, unless it was, and open what came out. Raises `SourceError`.

    A kill costs the ranges that were at work. Damage is told on the standard error stream, once, and kept.
    """
    given, _, options = argument.partition("?")
    key, _, value = options.partition("=")
    if not given or (options and (key != "pictures" or not value)):
        raise UnknownSourceError(
            f"the source 'dump' was given {argument!r}; write: dump:PATH, or dump:PATH?pictures=FOLDER"
        )
    path = Path(given).expanduser().absolute()
    pictures = _pictures(value) if value else None
    found = dump_files(path)
    content = revision_of(found)
    folder = index_root.absolute() / f"dump-{content}"
    is_new = not (folder / "facts.json").exists()
    facts = extract(folder, found, size)
    write_entities(folder, facts)
    if is_new and facts.damage:
        print(_told(facts, folder), file=sys.stderr)
    encyclopedia = DumpEncyclopedia(str(folder), content, pictures, sites)
    return Opened(
        name=f"dump:{path.name}",
        encyclopedia=encyclopedia,
        text_search=partial(build_text_index, index_root, encyclopedia),
        image_search=(
            partial(build_picture_index, index_root, DumpPictures(encyclopedia, pictures))
            if pictures
            else partial(CommonsImages, sites.web)
        ),
    )


def _pictures(value: str) -> Pictures:
    path = Path(value).expanduser().absolute()
    if not path.exists():
        raise DumpMissingError(f"{path}: no such folder or tar of pictures")
    return Pictures(str(path))


def _told(facts: Facts, folder: Path) -> str:
    lines = [
        f"{lost.file}, byte {lost.offset:,}: {lost.reason}, {lost.detail}"
        + (f" ({len(lost.titles):,} pages)" if lost.titles else "")
        for lost in facts.damage[:_SHOWN]
    ]
    more = len(facts.damage) - len(lines)
    lines += [f"and {more:,} more"] if more > 0 else []
    lines.append(f"{facts.pages:,} pages were read; what was lost stands in {folder / 'facts.json'}")
    return "\n".join(lines)
