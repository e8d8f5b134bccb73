"""By which words the checks of texts know a language: one file each, ``<ISO 639-1 code>.toml``.

``script`` and ``words`` tell the language of a text; the other entries are patterns for the rules of
recaptions. A language without a file is checked for labels, markup and lengths alone.
"""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


@cache
def tables() -> dict[str, dict[str, Any]]:
    """Language -> its file, in Unicode's composed form."""
    return {
        file.stem: tomllib.loads(unicodedata.normalize("NFC", file.read_text(encoding="utf-8")))
        for file in sorted(_FOLDER.glob("*.toml"))
    }
