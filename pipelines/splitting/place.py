"""Where a split may be written."""

from __future__ import annotations

from pathlib import Path

from catalogs.errors import SplitError


def check_place(directory: Path) -> None:
    """A split takes the place of all that its folder holds: that must be nothing, or a split.

    Raises `SplitError` for a file, and for a folder with anything else in it.
    """
    if not directory.exists() or (directory / "report.json").is_file():
        return
    if not directory.is_dir() or any(directory.iterdir()):
        raise SplitError(
            f"{directory} holds something else than a split, which would be lost: choose another with --to"
        )
