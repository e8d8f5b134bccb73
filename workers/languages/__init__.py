"""What the embedded workers know of a language: one file each, ``<ISO 639-1 code>.toml``, and no code.

A file holds the words of scenes and colours, which the teacher writes, the compositor reads and the scene
check measures, some grammar, and the teacher's sentences. A new language is a copy of ``en.toml``, translated
(docs/extending.md).
"""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from catalogs.digests import digest
from catalogs.scripts import standing

FOLDER = Path(__file__).parent


@cache
def languages() -> tuple[str, ...]:
    """Languages that have a file, sorted."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))


@cache
def table(language: str) -> dict[str, Any]:
    """The file of a language, in Unicode's composed form; KeyError where there is none."""
    if language not in languages():
        raise KeyError(language)
    return tomllib.loads(unicodedata.normalize("NFC", _text(language)))


@cache
def tables_digest() -> str:
    """Digest of all files: part of the revision of every worker that answers by them."""
    return digest("\x1f".join(f"{language}\x1f{_text(language)}" for language in languages()))


def in_all(section: str, key: str) -> dict[str, str]:
    """Language -> one entry of its file, for languages that have the entry."""
    found = {language: table(language).get(section, {}).get(key) for language in languages()}
    return {language: text for language, text in found.items() if text}


def grammar(language: str, key: str, default: Any) -> Any:
    """A rule of a language's grammar, or what holds where its file has none."""
    return table(language)["grammar"].get(key, default)


def found_as_words(alternatives: str, language: str) -> str:
    """A pattern for `alternatives` where they stand as words; group 1 leaves out what clings to them."""
    return standing(rf"{grammar(language, 'clitics', '')}({alternatives})")


def _text(language: str) -> str:
    return (FOLDER / f"{language}.toml").read_text(encoding="utf-8")
