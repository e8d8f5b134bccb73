"""Entities by name: every name that an entity goes by, and where those names stand in running text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from catalogs.leaks.text import words
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
are. Shorter ones are mostly false friends there (``pain``, ``chat``, ``once``, ``pie``)."""

IDIOMS = (("en", "train", "de"), ("en", "train", "d"))
"""Runs of words that hold a name and never mean it: French for "in the act of", in every third prompt about
somebody who does something."""

Words = tuple[str, ...]


@dataclass(frozen=True)
class Mention:
    """A name that stands in a text."""

    entity_id: str
    name: str
    """The name as words, folded."""
    language: str
    """Of the name."""


def names_of(entity: Entity) -> dict[str, list[Words]]:
    """Language -> every name in that language as folded words, without article and bracketed addition."""
    return {name.language: sorted(_forms(name)) for name in entity.names}


def _forms(name: Name) -> set[Words]:
    articles = ARTICLES.get(name.language, set())
    forms = set()
    for text in (name.title, name.noun, name.plural, *name.aliases):
        found = words(re.sub(r"\s*\([^()]*\)\s*$", "", text))
        while len(found) > 1 and found[0] in articles:
            found = found[1:]
        forms.add(tuple(found))
    return forms - {()}


class NameIndex:
    """Names of many entities, found in a text in one pass over its words.

    Built as a table from the first word of a name to the names that go on from it, so a text costs about one
    look-up a word, however many names there are.
    """

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._by_first: dict[str, dict[Words, list[Mention]]] = defaultdict(lambda: defaultdict(list))
        self._by_name: dict[Words, list[Mention]] = defaultdict(list)
        for entity in sorted(entities, key=lambda entity: entity.entity_id):
            for language, names in sorted(names_of(entity).items()):
                for name in names:
                    mention = Mention(entity.entity_id, " ".join(name), language)
                    self._by_name[name].append(mention)
                    if not _is_short(name):
                        self._by_first[name[0]][name].append(mention)

    def mentions(self, text: str, language: str = "") -> list[Mention]:
        """Names that stand in the text as whole words, each once, in the order in which they stand.

        Short names of one word are looked for only in texts of their own language, or of one that is not
        told.
        """
        tokens = words(text)
        found: dict[Mention, None] = {}
        idle = {
            start + offset
            for idiom in IDIOMS
            for start in range(len(tokens))
            if tuple(tokens[start : start + len(idiom)]) == idiom
            for offset in range(len(idiom))
        }
        for start, first in enumerate(tokens):
            if start in idle:
                continue
            for name, mentions in self._by_first.get(first, {}).items():
                if tuple(tokens[start : start + len(name)]) == name:
                    found.update((m, None) for m in mentions if _speaks(m, name, language))
        return list(found)

    def namesakes(self, entity: Entity) -> list[Mention]:
        """Entities of the index, other than itself, that go by one of an entity's names in any language."""
        found: dict[Mention, None] = {}
        for language, names in sorted(names_of(entity).items()):
            for name in names:
                found.update(
                    (m, None)
                    for m in self._by_name.get(name, [])
                    if m.entity_id != entity.entity_id and _speaks(m, name, language)
                )
        return list(found)


def _speaks(mention: Mention, name: Words, language: str) -> bool:
    return not language or mention.language == language or _is_telling(name)


def _is_short(name: Words) -> bool:
    return len(name) == 1 and len(name[0]) < SHORT and name[0].isascii()


def _is_telling(name: Words) -> bool:
    return len(name) > 1 or len(name[0]) >= TELLING
