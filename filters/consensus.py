"""Consensus: views of the right entity agree with one another, look-alikes and strays do not."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from catalogs.records import Candidate, Entity
from catalogs.scripts import is_unspaced, words
from filters.features import PictureFeatures, hash_distance

SAME_PICTURE = 8
"""pHash bits up to which two pictures are one and vote once (see `filters.select`)."""

NEAREST_SHARE = 0.4
"""Share of the voters, the most similar ones, that a candidate is measured against: an entity may have
several aspects (a tower by day and by night), and an agreement with some of them is agreement."""


def agreements(features: Sequence[PictureFeatures], named: Sequence[bool]) -> list[tuple[float, int]]:
    """For each candidate its mean similarity -1..1 to its nearest voters, and how many voters there were.

    Voters are the other candidates whose page names the entity. Copies of one picture vote once, and copies
    of the candidate itself do not vote, so that a look-alike that is found twice does not vouch for itself.
    """
    return [_agreement(index, features, named) for index in range(len(features))]


def _agreement(index: int, features: Sequence[PictureFeatures], named: Sequence[bool]) -> tuple[float, int]:
    counted = [features[index]]
    for other, theirs in enumerate(features):
        if other == index or not named[other]:
            continue
        if all(hash_distance(theirs, seen) > SAME_PICTURE for seen in counted):
            counted.append(theirs)
    voters = counted[1:]
    if not voters:
        return 0.0, 0
    similarities = sorted(
        (float(features[index].features @ voter.features) for voter in voters), reverse=True
    )
    nearest = similarities[: math.ceil(NEAREST_SHARE * len(voters))]
    return float(np.mean(nearest)), len(voters)


def is_named(entity: Entity, candidate: Candidate) -> bool:
    """Whether title or caption of the candidate's page hold one of the entity's names, in any language.

    A title that puts a sense in brackets which is not the entity's, "Mouse (computing)" for the animal, names
    something else: the homograph's pictures agree with one another, so that no vote would find them out.
    """
    names = [entity.title, *_names_of(entity)]
    own_senses = {_words(sense) for name in names for sense in BRACKETS.findall(name)}
    if any(_words(sense) not in own_senses for sense in BRACKETS.findall(candidate.title)):
        return False
    text = _folded(f"{candidate.title} {candidate.picture.caption}")
    told = frozenset(words(text))
    return any(
        wanted and all(_is_told(word, told, text) for word in wanted) for wanted in map(_name_words, names)
    )


def _is_told(word: str, told: frozenset[str], text: str) -> bool:
    """Whether a word of a name stands in a text; in Han, where no space sets it apart, anywhere in it."""
    return word in told or (is_unspaced(word) and word in text)


def _names_of(entity: Entity) -> list[str]:
    return [text for name in entity.names for text in (name.title, name.noun, *name.aliases)]


def _name_words(name: str) -> frozenset[str]:
    """Words of a name without what stands in brackets ("Mercury (planet)") and without articles.

    A name of articles alone keeps them: without its accent the French die, un dé, is made of two.
    """
    found = _words(BRACKETS.sub(" ", name))
    return found - ARTICLES or found


BRACKETS = re.compile(r"\((.*?)\)")
"""What tells homographs apart in titles of encyclopedias: "Mercury (planet)"."""

ARTICLES = frozenset(
    (
        *("a", "an", "the", "of"),
        *("un", "une", "le", "la", "les", "l", "des", "du", "de", "d"),
        *("una", "el", "los", "las"),
    )
)
"""Articles and prepositions that names begin with, in English, French and Spanish, without accents."""


def _words(text: str) -> frozenset[str]:
    return frozenset(words(_folded(text)))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))
