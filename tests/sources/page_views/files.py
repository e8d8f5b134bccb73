"""Page view files as Wikimedia publishes them, small."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

MONTH = """\
commons.wikimedia Tiger 5 desktop 900 A900
en.wikipedia Katsudon 7 desktop 70 A30B40
en.wikipedia Katsudon 7 mobile-web 50 C50
en.wikipedia katsudon null mobile-app 3 C3
en.wikipedia Thor_(god) 9 desktop 12000 A12000
en.wikipedia Broken 9 desktop
en.wiktionary Katsudon 4 desktop 44 A44
fr.wikipedia Katsudon 8 desktop 31 A31
ja.wikipedia \u30ab\u30c4\u4e3c 3 desktop 5000 A5000
"""
HOUR = """\
commons.m Tiger 500 0
en Katsudon 2 0
en.b Katsudon 99 0
en.m Katsudon 5 0
en.zero Katsudon 1 0
fr.m Katsudon 4 0
"""


def write_month(folder: Path, name: str = "pageviews-202604-user.bz2", text: str = MONTH) -> Path:
    """Of 30 days, in two streams as parallel packers write them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = text.encode().splitlines(keepends=True)
    half = len(lines) // 2
    packed = b"".join(bz2.compress(b"".join(part)) for part in (lines[:half], lines[half:]))
    (folder / name).write_bytes(packed)
    return folder / name


def write_hour(folder: Path, name: str = "pageviews-20260401-130000.gz", text: str = HOUR) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(gzip.compress(text.encode(), mtime=0))
    return folder / name
