"""Templates that hold data, parsed: infoboxes, coordinates, and the few whose words belong to the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sources.dumps.cut import split, without_elements
from sources.dumps.words import words

_LARGEST = 64 * 1024
"""Characters of a template that is parsed; infoboxes have up to some ten thousand."""
_DEEPEST = 30
"""Braces inside each other that are parsed; MediaWiki itself stops at 40 ($wgMaxTemplateDepth)."""
_LEAST_FIELDS = 2
_NAME_ENDS = re.compile(r"[|}\n]")
_COORD = re.compile(r"\{\{\s*coord\s*\|", re.I)
_BREAK = re.compile(r"<(?:br|ref\b[^<>]{0,300}+(?<=/))[\s/]*+>", re.I)
"""Line breaks, and footnotes that only point at another."""
_BETWEEN = frozenset(
    {"-", "–", "to", "and", "or", "by", "x", "×", "&", "+", "±", "до", "bis", "et", "y", "e", "à"}
)
"""What stands between two measures: ``{{convert|5|to|6|km}}``."""
_NUMBER = re.compile(r"-?\d{1,3}(?:\.\d{1,12})?")


@dataclass(frozen=True)
class Template:
    """A call of a template. `named` holds ``name -> wikitext`` in their order, names in lower case."""

    name: str
    named: dict[str, str]
    values: tuple[str, ...]
    """Those without a name."""


def name_of(source: str) -> str:
    """Name of the template that ``{{name|...}}`` calls, in lower case with spaces."""
    return _named(_NAME_ENDS.split(source[2:300].lstrip(), maxsplit=1)[0])


@lru_cache(maxsize=4096)
def _named(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split()).removeprefix("template:")


def is_infobox(name: str, source: str) -> bool:
    """By its name: infoboxes of all editions begin or end with the words of the table."""
    known = words().infobox
    return (name.startswith(known) or name.endswith(known)) and source.count("=") >= _LEAST_FIELDS


def parse_template(source: str) -> Template | None:
    """A call, taken apart; None for one that is too large or too deep to be sound.

    Footnotes and their like go first. A call without tables is then split at its pipes, one with tables is
    parsed by mwparserfromhell: its tree of an infobox takes 0.7 ms, more than all the rest of an average
    page.
    """
    inner = _BREAK.sub(" ", source[2:-2])
    if len(inner) > _LARGEST or _depth(inner) > _DEEPEST:
        return None
    inner = without_elements(inner)
    pairs = _parsed(inner) if "{|" in inner else _split(inner)
    named: dict[str, str] = {}
    values = []
    for name, value in pairs:
        if name is None:
            values.append(value.strip())
        elif value.strip():
            named[" ".join(name.replace("_", " ").casefold().split())] = value.strip()
    return Template(name_of(source), named, tuple(values))


def _split(inner: str) -> list[tuple[str | None, str]]:
    pairs: list[tuple[str | None, str]] = []
    for part in split(inner)[1:]:
        name, equals, value = part.partition("=")
        sound = bool(equals) and "[" not in name and "{" not in name
        pairs.append((name, value) if sound else (None, part))
    return pairs


def _parsed(inner: str) -> list[tuple[str | None, str]]:
    import mwparserfromhell
    from mwparserfromhell.parser import ParserError

    try:
        found = mwparserfromhell.parse(f"{{{{{inner}}}}}", skip_style_tags=True).filter_templates(
            recursive=False
        )
    except ParserError:
        return []
    params = found[0].params if found else []
    return [(str(one.name) if one.showkey else None, str(one.value)) for one in params]


def place_of(source: str) -> tuple[float, float] | None:
    """Degrees north and east of the first ``{{coord}}`` in a template; None without one."""
    found = _COORD.search(source)
    if found is None:
        return None
    parts = [part.strip() for part in source[found.end() : found.end() + 200].split("}}")[0].split("|")]
    numbers: list[float] = []
    degrees: list[float] = []
    for part in parts:
        if _NUMBER.fullmatch(part):
            numbers.append(float(part))
        elif part.upper() in ("N", "S", "E", "W") and numbers:
            degrees.append(_degrees(numbers) * (-1 if part.upper() in "SW" else 1))
            numbers = []
    if not degrees and len(numbers) >= 2:
        degrees = numbers[:2]
    if len(degrees) < 2 or abs(degrees[0]) > 90 or abs(degrees[1]) > 180:
        return None
    return round(degrees[0], 6), round(degrees[1], 6)


def shown_words(name: str, source: str) -> str:
    """The words of a template that stand in the running text: ``{{lang|fr|le pain}}`` is ``le pain``, and
    ``{{circa|1450}}`` is ``c. 1450``."""
    known = words()
    written = known.written.get(name, "")
    if name in known.listed:
        return ", ".join(value.strip() for value in _values(source).values())
    if name in known.spaced:
        values = list(_values(source).values())
        count = known.spaced[name]
        return " ".join(values[: 2 * count if values[1:2] and values[1] in _BETWEEN else count])
    if name.startswith(("lang-", "link-")):
        place = 0
    elif name in known.shown:
        place = known.shown[name]
    else:
        return written
    values = list(_values(source).values())
    return written + values[min(place, len(values) - 1)] if values else written


def _values(source: str) -> dict[int, str]:
    """Values of a call by their number: those without a name in their order, ``2=`` as what it says, and
    ``text=``, by which ``{{lang|fr|text=...}}`` names what it shows, behind them. A value may hold an equals
    sign in an inner template, a link or a tag."""
    values: dict[int, str] = {}
    text = None
    place = 0
    for part in split(source[2:-2])[1:]:
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or "[" in name or "{" in name or "<" in name:
            place += 1
            values[place] = part
        elif name.isascii() and name.isdigit() and len(name) < 3:
            values[int(name)] = value.strip()
        elif name == "text":
            text = value.strip()
    if text is not None:
        values[max(values, default=0) + 1] = text
    return dict(sorted(values.items()))


def _degrees(parts: list[float]) -> float:
    """Degrees, minutes and seconds as degrees."""
    return sum(part / 60.0**power for power, part in enumerate(parts[:3]))


def _depth(source: str) -> int:
    if source.count("{{") + source.count("[[") <= _DEEPEST:
        return 0  # not deep, however they stand
    deepest = depth = 0
    for mark in re.finditer(r"\{\{|\}\}|\[\[|\]\]", source):
        depth += 1 if mark[0] in ("{{", "[[") else -1
        deepest = max(deepest, depth)
    return deepest
