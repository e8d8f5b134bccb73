"""The twelve FactIP categories in their three groups (Unify-Agent, FactIP card), with published counts."""

from __future__ import annotations

FACTIP: dict[str, tuple[str, str, int]] = {
    "animation": ("Animation", "Character", 438),
    "comic": ("Comic", "Character", 363),
    "celebrity": ("Celebrity", "Character", 300),
    "game": ("Game", "Character", 272),
    "mascot": ("Mascot", "Character", 77),
    "mythology": ("Mythology", "Character", 50),
    "food": ("Food", "Object", 316),
    "cultural-relic-art": ("Cultural Relic/Art", "Object", 126),
    "toy": ("Toy", "Object", 123),
    "animal-plant": ("Animal/Plant", "Object", 50),
    "landmark": ("Landmark", "Scene", 297),
    "festival": ("Festival", "Scene", 50),
}
"""slug -> (published name, group, number of prompts among the 2,462)."""

CATEGORIES = tuple(FACTIP)
UNCATEGORISED = "uncategorised"
