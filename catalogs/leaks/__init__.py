"""Leaks: what a benchmark split shares with training or with any other list, and what has to leave for it."""

from catalogs.leaks.external import read_external
from catalogs.leaks.records import Collection, Compared, Item, Leak, Thresholds
from catalogs.leaks.removal import LeakReport, Removal, removals
from catalogs.leaks.search import Found, find_leaks

__all__ = [
    "Collection",
    "Compared",
    "Found",
    "Item",
    "Leak",
    "LeakReport",
    "Removal",
    "Thresholds",
    "find_leaks",
    "read_external",
    "removals",
]
