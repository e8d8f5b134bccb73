"""From BabelNet's domain labels to the twelve categories: the table `domains.csv`."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from catalogs.categories import UNCATEGORISED

DOMAINS = Path(__file__).parent / "domains.csv"
"""Labels that stand in it alone decide a category, those of earlier releases included. Labels that say too
little (MEDIA_AND_PRESS holds films, newspapers and people) have none, and so six of the twelve categories
(celebrity, comic, animation, mascot, toy, festival) are never decided by a label: there the Wikidata item
that a synset names tells more."""


@dataclass(frozen=True)
class Category:
    """What a synset is, and why."""

    domain: str
    rule: str
    """``babelnet:FOOD_DRINK_AND_TASTE``; ``babelnet:none`` where no label is in the table."""
    conflicts: tuple[str, ...] = ()
    """Lighter labels that would have decided otherwise: ``game by babelnet:SPORT_GAMES_AND_RECREATION``."""


def category_of(domains: Mapping[str, float]) -> Category:
    """By the heaviest label that the table knows; equal weights by name."""
    known = sorted((-weight, label) for label, weight in domains.items() if label in table())
    if not known:
        return Category(UNCATEGORISED, "babelnet:none")
    first, *others = (label for _, label in known)
    domain = table()[first]
    conflicts = [f"{table()[label]} by babelnet:{label}" for label in others if table()[label] != domain]
    return Category(domain, f"babelnet:{first}", tuple(conflicts))


@lru_cache(maxsize=1)
def table() -> dict[str, str]:
    """Label -> category."""
    with DOMAINS.open(newline="") as file:
        return {row["domain"]: row["category"] for row in csv.DictReader(file)}
