"""A folder of pictures with caption files: ``katsudon.jpg`` beside ``katsudon.txt``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from catalogs.digests import digest, sha256_of

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"})
LICENCE_FILE = "LICENCE.txt"
"""Its first line is the SPDX identifier of all pictures, its second who is to be credited."""


@dataclass(frozen=True)
class Pictured:
    """A picture of the folder."""

    path: Path
    key: str
    """Path below the folder without its ending, with ``/``: ``food/katsudon``."""
    caption: str


@lru_cache(maxsize=4)
def pictures(folder: str) -> tuple[Pictured, ...]:
    """All pictures below a folder, by key; captions from a ``.txt`` of the same name, where there is one."""
    root = Path(folder)
    found = [path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()]
    return tuple(
        Pictured(path, path.relative_to(root).with_suffix("").as_posix(), _caption(path))
        for path in sorted(found)
    )


@lru_cache(maxsize=4)
def revision(folder: str) -> str:
    """Changes with any picture, caption or name; the folder may be moved."""
    parts = [f"{one.path.name}/{one.key}/{one.caption}/{sha256_of(one.path)}" for one in pictures(folder)]
    return digest("\n".join((*licence(folder), *parts)))[:12]


@lru_cache(maxsize=4)
def licence(folder: str) -> tuple[str, str]:
    """Licence and author of all pictures of a folder; empty where its owner has not said."""
    path = Path(folder) / LICENCE_FILE
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines() if path.is_file() else []
    return (lines[0].strip() if lines else "", lines[1].strip() if len(lines) > 1 else "")


def _caption(picture: Path) -> str:
    path = picture.with_suffix(".txt")
    return " ".join(path.read_text(encoding="utf-8", errors="replace").split()) if path.is_file() else ""
