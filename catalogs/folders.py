"""Folders that appear as a whole: made beside their place, then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalogs.errors import CatalogError
from catalogs.files import storing, temporary_beside


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield an empty temporary folder; when the block ends well, it takes the place of `path`.

    A folder cannot be renamed over a full one, so the old one steps aside first. A crash between the two
    renames leaves no folder at `path`; what is written this way is made anew from the ledger by the next run.
    """
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = temporary_beside(path)
        aside = temporary.with_name(f"{temporary.name}.old")
        for leftover in (temporary, aside):
            shutil.rmtree(leftover, ignore_errors=True)
        temporary.mkdir()
        try:
            yield temporary
            if path.exists():
                path.rename(aside)
            temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def standing_still(path: Path) -> Iterator[Path]:
    """Yield a folder with the files of `path` as they are now, whoever goes on replacing them.

    They are links, or copies where the file system has none. Errors speak of the files of `path`.
    """
    with storing(path):
        still = temporary_beside(path)
        shutil.rmtree(still, ignore_errors=True)
        still.mkdir()
        try:
            for file in sorted(path.glob("[!.]*")):
                _link(file, still / file.name)
            yield still
        except CatalogError as error:
            raise type(error)(str(error).replace(str(still), str(path))) from error
        finally:
            shutil.rmtree(still, ignore_errors=True)


def _link(file: Path, place: Path) -> None:
    try:
        os.link(file, place)
    except OSError:
        shutil.copy2(file, place)
