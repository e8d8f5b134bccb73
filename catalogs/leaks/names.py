"""Entities by name: every name that an entity goes by, and where those names stand in running text.

A name is found however its words are cut (``Spider-Man``, ``Spiderman``), with the endings that it takes in a
sentence, and, where it is Cyrillic or Greek, in Latin letters as well.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from catalogs.leaks.inflection import inflected
from catalogs.leaks.lookalikes import as_latin
from catalogs.leaks.text import folded, romanised, words
from catalogs.records import Entity, Name

ARTICLES = {
    "en": {"a", "an", "the", "some"},
    "fr": {"un", "une", "des", "le", "la", "les", "l", "du", "de", "d"},
    "es": {"un", "una", "unos", "unas", "el", "la", "los", "las"},
}
"""Words before a noun that are no part of the name: ``une tour`` -> ``tour``."""

SHORT = 3
"""A name of one word with fewer letters (``It``, ``10``) is compared with whole names only: in running text
it stands for itself too rarely."""

TELLING = 8
"""Letters from which a name of one word is looked for in texts of every language, as names of several words
are. Shorter ones are mostly false friends there (``pain``, ``chat``, ``once``, ``pie``). Also the letters
from which a name is found where its words are cut otherwise: ``man go`` is no mango."""

IDIOMS = (("en", "train", "de"), ("en", "train", "d"))
"""Runs of words that hold a name and never mean it: French for "in the act of", in every third prompt about
somebody who does something."""

ROMANISED = "und-Latn"
"""The language of a text in other letters than its own. No name has it, so that short names are not looked
for."""

Words = tuple[str, ...]


@dataclass(frozen=True)
class Mention:
    """A name that stands in a text."""

    entity_id: str
    name: str
    """The name as words, folded, without the ending that it takes there."""
    language: str
    """Of the name."""


def names_of(entity: Entity) -> dict[str, list[Words]]:
    """Language -> every name in that language as folded words, without article and bracketed addition."""
    return {name.language: sorted(_forms(name)) for name in entity.names}


def _forms(name: Name) -> set[Words]:
    return {_form(text, name.language) for text in _texts(name)} - {()}


def _texts(name: Name) -> tuple[str, ...]:
    return (name.title, name.noun, name.plural, *name.aliases)


def _form(text: str, language: str) -> Words:
    articles = ARTICLES.get(language, set())
    found = words(re.sub(r"\s*[(（][^()（）]*[)）]\s*$", "", text))
    while len(found) > 1 and found[0] in articles:
        found = found[1:]
    return tuple(found)


def _further(entity: Entity) -> Iterator[tuple[str, Words]]:
    """Language and words of what an entity is not called but may be found by: redirects to its article, some
    of which lead to a part of it, and its names in Latin letters."""
    for redirects in entity.redirects:
        for title in redirects.titles:
            yield redirects.language, _form(title, redirects.language)
    for name in entity.names:
        for text in _texts(name):
            yield name.language, _form(_in_latin(text), name.language)


def _in_latin(text: str) -> str:
    """A text in Latin letters, folded; empty where there is nothing to romanise."""
    latin = romanised(text)
    return "" if latin == folded(text) else latin


@dataclass(frozen=True)
class _Entry:
    mention: Mention
    words: Words
    telling: bool = False
    """Only where it tells of itself: several words, or `TELLING` letters."""
    spoken: bool = False
    """An inflected form: in running text only."""


class NameIndex:
    """Names of many entities, found in a text in one pass over its words.

    Names stand in a sorted list, without the spaces between their words, and a text is followed through it
    word by word: that costs about one look-up a word, however many names there are.
    """

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._entries: dict[str, list[_Entry]] = defaultdict(list)
        for entity in sorted(entities, key=lambda entity: entity.entity_id):
            held = {(language, name) for language, names in names_of(entity).items() for name in names}
            further = {found for found in _further(entity) if found[1]} - held
            for found in sorted(held | further):
                language, name = found
                mention = Mention(entity.entity_id, " ".join(name), language)
                self._entries["".join(name)].append(_Entry(mention, name, telling=found in further))
            # A form that is a name of its own stands for that name.
            for language, name in sorted(held):
                for form in sorted(inflected(name, language) - {other for _, other in held}):
                    mention = Mention(entity.entity_id, " ".join(name), language)
                    self._entries["".join(form)].append(_Entry(mention, form, spoken=True))
        self._joined = sorted(self._entries)

    def mentions(self, text: str, language: str = "") -> list[Mention]:
        """Names that stand in the text as whole words, each once, in the order in which they stand.

        Short names of one word are looked for only in texts of their own language, or of one that is not
        told.
        """
        found = dict.fromkeys(self._standing(words(text), language))
        for reading in (_in_latin(text), as_latin(text)):
            found |= dict.fromkeys(self._standing(words(reading), ROMANISED))
        return list(found)

    def _standing(self, tokens: list[str], language: str) -> Iterator[Mention]:
        idle = set(_idle(tokens))
        for start in range(len(tokens)):
            if start in idle:
                continue
            joined = ""
            for end in range(start, len(tokens)):
                joined += tokens[end]
                at = bisect_left(self._joined, joined)
                if at == len(self._joined) or not self._joined[at].startswith(joined):
                    break
                if self._joined[at] == joined:
                    spoken = tuple(tokens[start : end + 1])
                    yield from (
                        entry.mention
                        for entry in self._entries[joined]
                        if not _is_short(entry.words)
                        and (not entry.telling or _is_telling(entry.words))
                        and _same(entry.words, spoken)
                        and _speaks(entry.mention, entry.words, language)
                    )

    def namesakes(self, entity: Entity) -> list[Mention]:
        """Entities of the index, other than itself, that go by one of an entity's names in any language, or
        to which one of the other's redirects leads."""
        names = [(language, name) for language, names in names_of(entity).items() for name in names]
        return list(
            dict.fromkeys(
                entry.mention
                for language, name in sorted({*names, *_further(entity)})
                if name
                for entry in self._entries.get("".join(name), [])
                if entry.mention.entity_id != entity.entity_id
                and not entry.spoken
                and _same(entry.words, name)
                and _speaks(entry.mention, name, language)
            )
        )


def _idle(tokens: list[str]) -> Iterator[int]:
    """Places of words that belong to an idiom."""
    for idiom in IDIOMS:
        for start in range(len(tokens)):
            if tuple(tokens[start : start + len(idiom)]) == idiom:
                yield from range(start, start + len(idiom))


def _same(name: Words, spoken: Words) -> bool:
    """Whether words with the same letters are cut alike, or long enough that it does not matter."""
    return name == spoken or len("".join(name)) >= TELLING


def _speaks(mention: Mention, name: Words, language: str) -> bool:
    return not language or mention.language == language or _is_telling(name)


def _is_short(name: Words) -> bool:
    return len(name) == 1 and len(name[0]) < SHORT and name[0].isascii()


def _is_telling(name: Words) -> bool:
    return len(name) > 1 or len(name[0]) >= TELLING
