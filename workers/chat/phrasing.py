"""The wording of the rule-based teacher: templates, agreement, contractions.

`workers/languages/<language>.toml` holds templates. ``{slot}`` is filled in; ``[is|are]`` chooses by number
and ``[vu|vue|vus|vues]`` by gender and number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from catalogs.digests import unit_interval
from workers.chat.nouns import folded
from workers.errors import ModelReplyError
from workers.languages import grammar, languages, table

_ALTERNATIVES = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")


def phrases(language: str) -> dict[str, Any]:
    """The file of a language; raises `ModelReplyError` where there is none."""
    if language not in languages():
        raise ModelReplyError(
            f"the rule-based teacher writes {', '.join(languages())}, not {language!r}: "
            f"restrict the languages of the run, or choose a language model as teacher"
        )
    return table(language)


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


def unasked(options: Iterable[str], asked: Sequence[str]) -> str:
    """The first query that was not asked yet; the last one, with a number, where all were."""
    known = {folded(query) for query in asked}
    last = ""
    for option in options:
        if folded(option) not in known:
            return option
        last = option
    return f"{last} {len(asked) + 1}"


def contract(text: str, language: str) -> str:
    """``de le phare`` becomes ``du phare``, ``de el Partenón`` becomes ``del Partenón``."""
    for pattern, replacement in grammar(language, "contractions", ()):
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


def where(place: str, light: str, language: str) -> str:
    """Place and light as one phrase, in the language's order; a comma keeps two equal prepositions apart."""
    pattern: str = grammar(language, "where", "{place} {light}")
    if place.split()[0] == light.split()[0]:
        pattern = pattern.replace(" ", f"{grammar(language, 'comma', ',')} ")
    return pattern.format(place=place, light=light)


def sentence(text: str, language: str) -> str:
    """`text` with a capital first letter and a full stop."""
    text = " ".join(text.split())
    text = text[:1].upper() + text[1:]
    stop: str = grammar(language, "full_stop", ".")
    return text if text.endswith((".", "!", "?", stop)) else f"{text}{stop}"


def together(sentences: Iterable[str], language: str) -> str:
    """Sentences one after another, with what stands between them in the language: a space, or nothing."""
    between: str = grammar(language, "between", " ")
    return between.join(sentences)


def enumerated(items: Sequence[str], language: str) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    comma, last = grammar(language, "enumeration", None)
    return f"{comma.join(items[:-1])}{last}{items[-1]}"
