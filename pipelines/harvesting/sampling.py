"""Which entities of a survey a run takes: quotas by category, popularity, country and language.

A choice is made inside a category alone, by the entities' ids, which are hashes: it is a random sample, the
same on every machine, that a greater limit only adds to, and one domain can be brought up without the others.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from catalogs.categories import CATEGORIES, UNCATEGORISED
from catalogs.records import EntityRef, Language

Quotas = dict[str, Annotated[int, Meta(ge=0)]]

UNKNOWN = "unknown"
"""Band, country or language of an entity of which the source does not tell it."""

OTHERS = "*"
"""In a table of quotas: each other known value. Not `UNKNOWN`, which has to be named."""


class Sampling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table ``[sampling]`` of a profile. Quotas are entities of each category, at most."""

    bands: tuple[str, ...] = ("tail", "torso", "head")
    """Names of the popularity bands, from the least known."""
    sitelinks: tuple[int, ...] = (5, 25)
    """Pages in all Wikimedia projects from which each further band begins. A choice, not a measurement: an
    entity with fewer than five is written about in a few languages, one with 25 in most of the large ones."""
    page_views: tuple[int, ...] = (1_000, 10_000)
    """The same by views over thirty days. Powers of ten, as PopQA (Mallen et al., ACL 2023) bins popularity;
    where is a choice. An entity is in the higher of its two bands."""
    category: Quotas = {}
    """In place of `limit`."""
    band: Quotas = {}
    country: Quotas = {}
    """By the entity's country as the source tells it, ISO 3166-1 where there is a code."""
    language: Quotas = {}
    """An entity with text in several languages counts under the first that is named here, so name the rare
    ones first; else under the first by alphabet."""

    def __post_init__(self) -> None:
        for name, edges in (("sitelinks", self.sitelinks), ("page_views", self.page_views)):
            if len(edges) != len(self.bands) - 1 or any(low >= high for low, high in pairwise(edges)):
                raise ValueError(
                    f"sampling.{name} needs {len(self.bands) - 1} growing numbers, one between two bands"
                )
        for name, quotas, known in (
            ("band", self.band, (*self.bands, UNKNOWN, OTHERS)),
            ("category", self.category, (*CATEGORIES, UNCATEGORISED, OTHERS)),
        ):
            if wrong := sorted(quotas.keys() - set(known)):
                raise ValueError(f"sampling.{name}: there is no {wrong[0]!r}, there are {', '.join(known)}")

    def band_of(self, ref: EntityRef) -> str:
        """One of `bands`, or `UNKNOWN`."""
        measured = ((self.sitelinks, ref.sitelinks), (self.page_views, ref.page_views))
        places = [bisect_right(edges, value) for edges, value in measured if value is not None]
        return self.bands[max(places)] if places else UNKNOWN

    def language_of(self, ref: EntityRef, spoken: Sequence[Language]) -> str:
        """The language under which an entity counts; `spoken` are those of the source."""
        languages = ref.languages or (spoken if len(spoken) == 1 else ())
        named = (language for language in self.language if language in languages)
        return next(named, min(languages, default=UNKNOWN))


class Chosen(NamedTuple):
    """What became of one entity."""

    ref: EntityRef
    band: str
    country: str
    language: str
    left_out: str
    """The quota that is full: ``category``, ``band``, ``country`` or ``language``; empty when taken."""


def choose(
    refs: Iterable[EntityRef], limit: int, sampling: Sampling, spoken: Sequence[Language]
) -> Iterator[Chosen]:
    """Every entity, taken or left out. A `limit` of 0 is none.

    `refs` come by domain and id, as a survey lists them. What is held is how much of each quota is taken.
    """
    for domain, members in groupby(refs, key=lambda ref: ref.domain):
        most = _quota(sampling.category, domain)
        rooms = _Rooms(sampling, (limit or None) if most is None else most)
        for ref in members:
            band, language = sampling.band_of(ref), sampling.language_of(ref, spoken)
            country = ref.country or UNKNOWN
            yield Chosen(ref, band, country, language, rooms.take(domain, band, country, language))


def bystanders(chosen: Iterable[Chosen], least: int) -> Iterator[EntityRef]:
    """Entities that were left out, as many as make each category `least` together with those taken.

    They are the first by id, so that the larger sample of a later run takes them first.
    """
    for _, members in groupby(chosen, key=lambda one: one.ref.domain):
        taken, left = 0, list[EntityRef]()
        for one in members:
            if not one.left_out:
                taken += 1
            elif len(left) < least:
                left.append(one.ref)
        yield from left[: max(0, least - taken)]


class _Rooms:
    """How much of each quota of one category is taken."""

    def __init__(self, sampling: Sampling, most: int | None) -> None:
        self._quotas: tuple[tuple[str, Mapping[str, int]], ...] = (
            ("category", {} if most is None else {OTHERS: most}),
            ("band", sampling.band),
            ("country", sampling.country),
            ("language", sampling.language),
        )
        self._taken: Counter[tuple[str, str]] = Counter()

    def take(self, *values: str) -> str:
        """Take one of everything; or take nothing, and say of what there is none left."""
        keys = []
        for (name, quotas), value in zip(self._quotas, values, strict=True):
            most = _quota(quotas, value)
            if most is not None and self._taken[name, value] >= most:
                return name
            keys.append((name, value))
        self._taken.update(keys)
        return ""


def _quota(quotas: Mapping[str, int], value: str) -> int | None:
    return quotas.get(value, None if value == UNKNOWN else quotas.get(OTHERS))
