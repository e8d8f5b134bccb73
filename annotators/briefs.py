"""What a prompt is to ask for: its form and its scene, chosen from the entity's id alone.

The choice is made here and not by the teacher, so that forms and scenes are balanced whatever teacher writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from catalogs.categories import FACTIP
from catalogs.digests import unit_interval
from catalogs.records import Entity, Name, Scene
from workers.scenes import LIGHTS, NUMBERS, PLACES, counted

T = TypeVar("T")

FORMS: dict[str, str] = {
    "scene-first": "open with the place or the light, then come to the subject",
    "action-first": "open with the action or the pose, then name the subject and the scene",
    "descriptive": "describe a picture: a picture of the subject, doing what it does, in the scene",
}
"""Form -> how it is explained to the teacher."""

_OUTDOORS = ("beach", "meadow", "snow", "street", "sea", "desert")
_PLACES: dict[str, tuple[str, ...]] = {
    "food": ("table", "table", "table", "meadow", "beach"),
    "toy": ("table", "meadow", "beach", "street", "snow"),
    "game": ("meadow", "beach", "street", "snow"),
    "festival": ("street", "snow", "meadow"),
    "landmark": ("beach", "meadow", "snow", "sea", "desert"),
}
"""Places that suit a category; a place named more than once is chosen more often. A landmark stays where it
is, so it has landscapes around it: a church may stand in a meadow, but no mountain on a street."""

_ONLY_ONE = {"landmark", "festival", "celebrity", "mascot"}
"""Categories of which a picture shows one: several Eiffel Towers are no faithful drawing."""

_COUNT_SHARES = ((0.80, 1), (0.90, 2), (0.96, 3), (1.0, 4))
"""Cumulative shares of counts where a noun has a plural. A choice, not a measurement: mostly one subject,
and enough of each other count to see how counting fares (2: 99, 3: 51, 4: 45 of 1,164 prompts of the sample
world)."""


def form_of(entity_id: str, language: str, number: int) -> str:
    """One of `FORMS`."""
    return _choice(tuple(FORMS), entity_id, language, str(number), "form")


def scene_of(entity: Entity, name: Name, number: int) -> Scene:
    """Count, place and light for prompt `number` in the name's language; the action is the teacher's."""
    parts = (entity.entity_id, name.language, str(number))
    return Scene(
        count=_count(entity.domain, name, unit_interval(*parts, "count")),
        place=_choice(_PLACES.get(entity.domain, _OUTDOORS), *parts, "place"),
        light=_choice(tuple(LIGHTS), *parts, "light"),
    )


def _count(domain: str, name: Name, share: float) -> int:
    if domain in _ONLY_ONE or not name.plural or name.language not in NUMBERS[2]:
        return 1
    return next(count for limit, count in _COUNT_SHARES if share < limit or count == 4)


def _choice(options: Sequence[T], *parts: str) -> T:
    return options[int(unit_interval(*parts) * len(options))]


def phrase_of(name: Name, count: int) -> str:
    """The subject with its number: ``a tiger``, ``three tigers``."""
    return name.noun if count == 1 else counted(count, name.plural, name.language)


def languages_of_scenes() -> tuple[str, ...]:
    """Languages in which every place and light has words."""
    tables = [place.words for place in PLACES.values()] + [light.words for light in LIGHTS.values()]
    return tuple(language for language in tables[0] if all(language in words for words in tables))


def published_name(domain: str) -> str:
    """The category as people call it: ``Animal/Plant``."""
    return FACTIP[domain][0] if domain in FACTIP else "not known"
