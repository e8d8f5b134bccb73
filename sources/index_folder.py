"""Indexes on disk: built once, under a name that tells what is in them, whole or not there at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def built_once(folder: Path, build: Callable[[Path], None]) -> Path:
    """`folder`, built by calling `build` with a temporary folder beside it unless it exists.

    The name must change with the content. Two processes may build at once: the first to finish wins, and the
    other's work is thrown away. A crash leaves at most a hidden temporary folder.
    """
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        build(temporary)
        try:
            temporary.replace(folder)
        except OSError:
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder
