"""Which entities a picture query is about: words shared with names and, weakly, with descriptions."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sources.sample_world import packages, table

_DESCRIPTION_WEIGHT = 0.2
"""Of a description word against a word of a name: a description breaks ties between names, no more."""
_ENGLISH = ("a", "an", "the", "of", "in", "on", "at", "and", "or", "with", "for", "to", "by", "from")
_FRENCH = ("un", "une", "le", "la", "les", "l", "des", "du", "de", "d", "en", "et", "ou", "avec")
_SPANISH = ("una", "el", "los", "las", "del", "y", "o", "con", "por", "al")
_FUNCTION_WORDS = frozenset((*_ENGLISH, *_FRENCH, "pour", "par", "sur", "dans", *_SPANISH))


@dataclass(frozen=True)
class _Indexed:
    hexcode: str
    title: str
    names: tuple[frozenset[str], ...]
    description: frozenset[str]

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset().union(*self.names, self.description)


def words(text: str) -> list[str]:
    """Content words in lower case, without accents and without the plural s.

    A text of function words alone keeps them: French ``un dé`` is a die, not two articles.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    found = re.findall(r"\w+", plain)
    return [_singular(word) for word in found if word not in _FUNCTION_WORDS] or found


def rank(query: str) -> list[str]:
    """Hexcodes of entities that share a word with the query, best first; equals in order of title.

    A name counts by the rarity of the words that it shares and by the share of it that is met, so that ``fire
    engine`` beats ``fire`` for a query that says both words, and loses for one that says fire alone.
    """
    asked = set(words(query))
    index, rarity = _index()
    scored = []
    for entry in index:
        if entry.words.isdisjoint(asked):
            continue
        by_name = max(
            sum(rarity[w] for w in name & asked) * len(name & asked) / len(name) for name in entry.names
        )
        score = by_name + _DESCRIPTION_WEIGHT * sum(rarity[w] for w in entry.description & asked)
        scored.append((-round(score, 6), entry.title, entry.hexcode))
    return [hexcode for _, _, hexcode in sorted(scored)]


@lru_cache(maxsize=1)
def _index() -> tuple[tuple[_Indexed, ...], dict[str, float]]:
    """All entities as word sets, and the rarity of each word: log(1 + entities / entities with the word)."""
    index = tuple(_indexed(row) for row in table.rows())
    found = Counter(word for entry in index for word in entry.words)
    return index, {word: math.log(1 + len(index) / count) for word, count in found.items()}


def _indexed(row: table.TableRow) -> _Indexed:
    described = [
        packages.articles(name.language)[name.title].description
        for name in row.names
        if name.title in packages.articles(name.language)
    ]
    bracketed = [part for name in row.names for part in re.findall(r"\((.*?)\)", name.title)]
    return _Indexed(
        hexcode=row.hexcode,
        title=row.title,
        names=tuple(sorted({frozenset(words(text)) for text in _names(row)} - {frozenset()}, key=sorted)),
        description=frozenset(word for text in (*described, *bracketed) for word in words(text)),
    )


def _names(row: table.TableRow) -> Iterator[str]:
    for name in row.names:
        yield re.sub(r"\(.*?\)", "", name.title)
        yield name.noun
        yield from name.aliases


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
