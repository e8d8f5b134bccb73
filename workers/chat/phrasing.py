"""The wording of the rule-based teacher: phrase files, agreement, contractions.

`phrases/<language>.toml` holds templates. ``{slot}`` is filled in; ``[is|are]`` chooses by number and
``[vu|vue|vus|vues]`` by gender and number.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from catalogs.digests import digest, unit_interval
from workers.errors import ModelReplyError

FOLDER = Path(__file__).parent / "phrases"

_ALTERNATIVES = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")

_CONTRACTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "fr": ((r"\bde le (?=\w)", "du "), (r"\bde les (?=\w)", "des "), (r"\bde (?=une?\b)", "d'")),
    "es": ((r"\bde el (?=\w)", "del "),),
}
"""What a preposition and the article after it become."""


@cache
def phrase_languages() -> tuple[str, ...]:
    """Languages that have a phrase file."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))


@cache
def phrases(language: str) -> dict[str, Any]:
    """The phrase file of a language; raises `ModelReplyError` where there is none."""
    path = FOLDER / f"{language}.toml"
    if not path.is_file():
        raise ModelReplyError(
            f"the rule-based teacher writes {', '.join(phrase_languages())}, not {language!r}: "
            f"restrict the languages of the run, or choose a language model as teacher"
        )
    return tomllib.loads(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def phrases_digest() -> str:
    """Digest of all phrase files: part of the teacher's revision."""
    return digest("\x1f".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.toml"))))


def choose(options: Sequence[str], *parts: str) -> str:
    """One of some options, by the parts alone."""
    return options[int(unit_interval(*parts) * len(options))]


def inflect(template: str, count: int = 1, gender: str = "m") -> str:
    """`template` with every ``[...|...]`` settled. An unknown gender is treated as masculine."""

    def settle(match: re.Match[str]) -> str:
        forms = match[1].split("|")
        if len(forms) == 2:
            return forms[count > 1]
        return forms[(2 if count > 1 else 0) + (1 if gender == "f" else 0)]

    return _ALTERNATIVES.sub(settle, template)


def contract(text: str, language: str) -> str:
    """``de le phare`` becomes ``du phare``, ``de el Partenón`` becomes ``del Partenón``."""
    for pattern, replacement in _CONTRACTIONS.get(language, ()):
        text = re.sub(pattern, replacement, text)
    return text


def agreement(phrase: str, count: int, gender: str) -> tuple[int, str]:
    """Number and gender that the words around a noun phrase agree with.

    Things joined by a conjunction and each with its article count as several: "une raquette et un volant".
    """
    joined = re.search(r" (?:et|y) (une?|una?|des|unos|unas|son|sa|ses|su|sus) ", phrase)
    if not joined:
        return count, gender
    return 2, "f" if gender == "f" and joined[1] in ("une", "una") else "m"


def where(place: str, light: str) -> str:
    """Place and light as one phrase; a comma keeps two equal prepositions apart."""
    comma = "," if place.split()[0] == light.split()[0] else ""
    return f"{place}{comma} {light}"


def sentence(text: str) -> str:
    """`text` with a capital first letter and a full stop."""
    text = " ".join(text.split())
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def enumerated(items: Sequence[str], conjunction: str) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {conjunction} {items[-1]}"
