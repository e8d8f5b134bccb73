"""The report of a split: the last file that is written, by which a current split is known."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from catalogs.digests import encode

FILE = "report.json"
R = TypeVar("R", bound=msgspec.Struct)


def pretty(value: object) -> bytes:
    """Indented JSON for files that people open."""
    return msgspec.json.format(encode(value), indent=2) + b"\n"


def read_report(directory: Path, report: type[R]) -> R | None:
    """The report of the split in a folder; None where there is none that this version reads."""
    try:
        return msgspec.json.decode((directory / FILE).read_bytes(), type=report)
    except (OSError, msgspec.DecodeError):
        return None
